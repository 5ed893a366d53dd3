from django.db import models


class BirdsExhibit(models.Model):
    label = models.CharField(max_length=40)
