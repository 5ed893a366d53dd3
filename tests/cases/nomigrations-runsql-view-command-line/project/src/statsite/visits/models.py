from django.db import models


class Visit(models.Model):
    page = models.CharField(max_length=50)


class PageCount(models.Model):
    page = models.CharField(max_length=50, primary_key=True)
    visits = models.IntegerField()

    class Meta:
        managed = False
        db_table = "page_counts"
