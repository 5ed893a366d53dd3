from django.db import models


class Notice(models.Model):
    text = models.TextField()
