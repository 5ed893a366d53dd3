SECRET_KEY = "tests"
INSTALLED_APPS = ["django.contrib.contenttypes", "ledger"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
