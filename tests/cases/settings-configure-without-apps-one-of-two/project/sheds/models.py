from django.db import models


class Shed(models.Model):
    size = models.IntegerField()

    class Meta:
        app_label = "sheds"
