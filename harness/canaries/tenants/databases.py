"""Take DATABASES from the environment. The same file lies in every canary."""

import json
import os


def databases(*aliases):
    """Return what HARNESS_DATABASES holds, as it is; without it, SQLite in memory for each of *aliases*."""
    text = os.environ.get("HARNESS_DATABASES")
    if not text:
        return {alias: {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"} for alias in aliases}
    configured = json.loads(text)
    if any(entry["ENGINE"] == "django.db.backends.mysql" for entry in configured.values()):
        _use_pymysql()
    return configured


def _use_pymysql():
    """Let PyMySQL, which needs no compiler, stand in for mysqlclient where that is not installed.

    Django asks ``MySQLdb.version_info`` for mysqlclient 1.4.0 (Django 3.2), 1.4.3 (4.0–5.2) or 2.2.1 (6.0 and
    later). PyMySQL claims to be 1.4.6 up to its release 1.1.2, and 2.2.8 since 1.2, so an older PyMySQL
    would be refused by a newer Django, although nothing that Django uses of it differs: say 2.2.8 for it.
    """
    try:
        import MySQLdb  # noqa: F401
    except ImportError:
        import pymysql

        pymysql.version_info = max(tuple(pymysql.version_info), (2, 2, 8, "final", 1))
        pymysql.install_as_MySQLdb()
