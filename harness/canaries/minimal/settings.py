"""Settings of the smallest project that has a table to create."""

from databases import databases

SECRET_KEY = "not a secret: tests only"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["notes"]
ROOT_URLCONF = "urls"
ALLOWED_HOSTS = ["testserver"]
DATABASES = databases("default")
