from django.db import models


class Rate(models.Model):
    code = models.CharField(max_length=3)
    value = models.FloatField(default=1.0)
