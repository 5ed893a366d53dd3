from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "not-secret"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "museum.halls.birds",
    "museum.halls.fish",
    "museum.halls.frogs",
    "museum.halls.insects",
    "museum.halls.lizards",
    "museum.halls.mammals",
    "museum.halls.moss",
    "museum.halls.ferns",
    "museum.halls.fungi",
    "museum.halls.trees",
    "museum.halls.grasses",
    "museum.halls.shells",
    "museum.halls.snails",
    "museum.halls.worms",
]

DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"},
}
