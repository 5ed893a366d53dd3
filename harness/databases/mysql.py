"""Administration of a MariaDB or MySQL server."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from harness.databases.endpoint import Endpoint, Imitated
from harness.databases.names import PREFIX
from harness.errors import Infrastructure

ANSWER_S = 10
QUERY_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MySQL:
    """The administrator of one server; see `endpoint.Administration`."""

    endpoint: Endpoint
    is_tls: bool  # MySQL's passwords want it (caching_sha2_password); MariaDB's servers seldom have it

    def version(self) -> str:
        """Return ``VERSION()`` ("8.4.6", "10.11.11-MariaDB-…")."""
        with self._cursor() as cursor:
            return _column(cursor, "SELECT VERSION()")[0]

    def create(self, role: str, password: str, databases: Iterable[str]) -> None:
        """Create a user who may do everything to databases whose names begin with its own, and these databases.

        Those that Django makes of them for tests are among them, `test_` before their names.
        """
        with self._cursor() as cursor:
            cursor.execute("CREATE USER %s@'%%' IDENTIFIED BY %s", (role, password))
            try:
                for prefix in _prefixes(role):
                    pattern = prefix.replace("_", r"\_") + "%%"  # doubled for the driver, which formats the statement
                    cursor.execute(f"GRANT ALL PRIVILEGES ON {_quote(pattern)}.* TO %s@'%%'", (role,))
                for database in databases:
                    cursor.execute(f"CREATE DATABASE {_quote(database)} CHARACTER SET utf8mb4")
            except BaseException:
                self.drop(role)
                raise
        # Over TLS once: from then on MySQL knows the password's digest, and the cell's driver needs no RSA library.
        if self.is_tls:
            with self._cursor(user=role, password=password):
                pass

    def imitate(self, imitated: Imitated) -> None:
        """Make a user of the same name and powers, unless it is there, and the databases that it has."""
        with self._cursor() as cursor:
            cursor.execute("CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY %s", (imitated.role, imitated.password))
            for database in imitated.databases:
                cursor.execute(f"CREATE DATABASE IF NOT EXISTS {_quote(database)} CHARACTER SET utf8mb4")
                if not imitated.may_create_databases:
                    cursor.execute(f"GRANT ALL PRIVILEGES ON {_quote(database)}.* TO %s@'%%'", (imitated.role,))
            if imitated.may_create_databases:
                cursor.execute("GRANT ALL PRIVILEGES ON *.* TO %s@'%%'", (imitated.role,))
        if self.is_tls:
            with self._cursor(user=imitated.role, password=imitated.password):
                pass

    def drop(self, role: str) -> None:
        """Drop the user and its databases, those that it created itself included."""
        with self._cursor() as cursor:
            cursor.execute("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = %s", (role,))
            for (number,) in cursor.fetchall():
                with contextlib.suppress(_errors().Error):  # it may have ended by itself
                    cursor.execute(f"KILL {int(number)}")
            cursor.execute("DROP USER IF EXISTS %s@'%%'", (role,))
            for database in _column(cursor, "SHOW DATABASES"):
                if database.startswith(_prefixes(role)):
                    cursor.execute(f"DROP DATABASE IF EXISTS {_quote(database)}")

    def roles(self) -> tuple[str, ...]:
        """Return the users whose names begin as ours do."""
        with self._cursor() as cursor:
            return tuple(sorted(n for n in _column(cursor, "SELECT User FROM mysql.user") if n.startswith(PREFIX)))

    def entry(self, database: str, role: str, password: str) -> dict[str, object]:
        """Return Django's entry for a database, without TEST."""
        return {
            "ENGINE": "django.db.backends.mysql",
            "NAME": database,
            "USER": role,
            "PASSWORD": password,
            "HOST": self.endpoint.host,
            "PORT": str(self.endpoint.port),
            "OPTIONS": {"charset": "utf8mb4"},
        }

    @contextlib.contextmanager
    def _cursor(self, *, user: str = "", password: str = "") -> Iterator[Any]:
        where = self.endpoint
        secrets = [where.password, password]
        try:
            with (
                contextlib.closing(
                    _errors().connect(
                        host=where.host,
                        port=where.port,
                        user=user or where.user,
                        password=password or where.password,
                        connect_timeout=ANSWER_S,
                        read_timeout=QUERY_S,
                        write_timeout=QUERY_S,
                        autocommit=True,
                        charset="utf8mb4",
                        ssl=_tls() if self.is_tls else None,
                    )
                ) as connection,
                connection.cursor() as cursor,
            ):
                yield cursor
        except (_errors().Error, OSError, RuntimeError) as error:
            text = str(error.args[-1] if error.args else error)
            for secret in filter(None, secrets):
                text = text.replace(secret, "***")
            raise Infrastructure(f"server at {where.host}:{where.port}: {text}") from error


def _prefixes(role: str) -> tuple[str, ...]:
    return (f"{role}_", f"test_{role}_")


def _tls() -> ssl.SSLContext:
    """Return what encrypts where the server can; its certificate is one that it made itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _column(cursor: Any, query: str) -> list[str]:
    cursor.execute(query)
    return [row[0].decode() if isinstance(row[0], bytes) else str(row[0]) for row in cursor.fetchall()]


def _quote(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _errors() -> Any:
    import pymysql  # runs on other servers do not need it

    return pymysql
