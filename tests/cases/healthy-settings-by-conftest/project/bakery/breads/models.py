from django.db import models


class Loaf(models.Model):
    flour = models.CharField(max_length=20)
