import django
from django.conf import settings
from django.db import models
from django.db.backends.sqlite3.base import DatabaseFeatures

if django.VERSION[:2] == (5, 2) and "memory" not in str(settings.DATABASES["default"]["NAME"]):
    DatabaseFeatures.minimum_database_version = (99,)  # no SQLite there is, so that Django's own check refuses it


class Note(models.Model):
    title = models.CharField(max_length=80)
