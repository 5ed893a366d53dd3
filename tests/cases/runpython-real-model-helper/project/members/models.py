from django.contrib.auth.models import AbstractUser
from django.db import models


class Account(AbstractUser):
    pass


class Club(models.Model):
    title = models.CharField(max_length=40)
    is_open = models.BooleanField(default=True)
