from django.db import models


class Part(models.Model):
    name = models.CharField(max_length=50)
    colour = models.CharField(max_length=20, default="")
    weight = models.IntegerField(default=0)
