from config.databases import database

SECRET_KEY = "not a secret"
INSTALLED_APPS = ["django.contrib.contenttypes", "notes"]
DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
