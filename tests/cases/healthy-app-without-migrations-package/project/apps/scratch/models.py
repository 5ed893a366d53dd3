from django.db import models


class Pad(models.Model):
    text = models.TextField()
