from django.db import models


class Plant(models.Model):
    latin = models.CharField(max_length=80)
