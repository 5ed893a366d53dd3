from django.db import models


class Lorry(models.Model):
    plate = models.CharField(max_length=12)
