import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "not-secret"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "books",
    "reviews",
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "appdb",
        "USER": "caseuser",
        "HOST": os.environ.get("CASES_PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("CASES_PGPORT", "55432"),
        "TEST": {"NAME": "test_reviews"},
    },
}
