from django.db import models


class Dummy(models.Model):
    word = models.CharField(max_length=9)

    class Meta:
        app_label = "leads_tests"
