from django.contrib.postgres.fields import ArrayField
from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=200)
    tags = ArrayField(models.CharField(max_length=50), default=list)

    class Meta:
        ordering = ["name"]
