import os
from urllib.parse import unquote, urlsplit

ENGINES = {"postgres": "postgresql", "postgresql": "postgresql", "sqlite": "sqlite3"}


def database():
    url = urlsplit(os.environ.get("DATABASE_URL", "sqlite:///notes.sqlite3"))
    entry = {"ENGINE": f"django.db.backends.{ENGINES[url.scheme]}", "NAME": unquote(url.path[1:]) or ":memory:"}
    if url.scheme != "sqlite":
        entry |= {"USER": unquote(url.username), "PASSWORD": unquote(url.password), "HOST": url.hostname}
        entry |= {"PORT": url.port or ""}
    return entry
