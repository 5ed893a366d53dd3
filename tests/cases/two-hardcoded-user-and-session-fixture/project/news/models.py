from django.conf import settings
from django.db import models


class Post(models.Model):
    title = models.CharField(max_length=80)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
