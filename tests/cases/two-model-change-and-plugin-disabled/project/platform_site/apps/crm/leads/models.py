from django.db import models


class Lead(models.Model):
    email = models.EmailField()

    class Meta:
        db_table = "sales_leads"
