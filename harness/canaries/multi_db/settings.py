"""Settings of a shop that keeps what its visitors do in a database of its own."""

from databases import databases

SECRET_KEY = "not a secret: tests only"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["shop", "tracking"]
DATABASES = databases("default", "analytics")
DATABASE_ROUTERS = ["routers.AnalyticsRouter"]
