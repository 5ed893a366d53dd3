from django.contrib.auth.models import AbstractUser
from django.db import models


class Account(AbstractUser):
    phone = models.CharField(max_length=20, blank=True)


class Club(models.Model):
    title = models.CharField(max_length=40)
