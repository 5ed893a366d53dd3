"""Settings of every deployment."""

from databases import databases

SECRET_KEY = "not a secret: tests only"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "config.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "authentication.User"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "authentication",
    "clinics",
    "staffing",
    "patients",
    "insurance",
    "scheduling",
    "visits",
    "laboratory",
    "pharmacy",
    "inventory",
    "billing",
    "messaging",
    "reports",
    "audit",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = databases("default")
