from django.db import models


class Entry(models.Model):
    total = models.IntegerField()
