from django.db import models


class Lead(models.Model):
    email = models.EmailField()
    score = models.IntegerField(default=0)
