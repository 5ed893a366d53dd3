from django.conf import settings
from django.db import models


class Thread(models.Model):
    subject = models.CharField(max_length=80)
    starter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
