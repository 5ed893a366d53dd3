"""Settings of the tests."""

from config.settings.base import *  # noqa: F403

# The default hasher is slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "test_db.sqlite3"}}
