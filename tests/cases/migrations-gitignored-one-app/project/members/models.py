from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Member(AbstractBaseUser):
    handle = models.CharField(max_length=30, unique=True)
    objects = BaseUserManager()
    USERNAME_FIELD = "handle"
