from django.db import models


class Product(models.Model):
    sku = models.CharField(max_length=20)
    name = models.CharField(max_length=50, default="")
