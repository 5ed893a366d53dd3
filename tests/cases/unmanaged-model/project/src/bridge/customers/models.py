from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        managed = False
        db_table = "legacy_customers"
