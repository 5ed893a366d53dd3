"""Administration of a PostgreSQL server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.databases.endpoint import Endpoint, Imitated
from harness.databases.names import PREFIX
from harness.errors import Infrastructure

if TYPE_CHECKING:
    import psycopg

ANSWER_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgreSQL:
    """The administrator of one server; see `endpoint.Administration`."""

    endpoint: Endpoint

    def version(self) -> str:
        """Return ``server_version`` ("17.10", or with the packager's words)."""
        with self._connection() as connection:
            return _column(connection, "SHOW server_version")[0]

    def create(self, role: str, password: str, databases: Iterable[str]) -> None:
        """Create a role with CREATEDB and its databases, to which nobody else may connect."""
        from psycopg import sql

        name = sql.Identifier(role)
        with self._connection() as connection:
            secret = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB NOSUPERUSER NOCREATEROLE PASSWORD {}").format(name, secret)
            )
            try:
                # From 16 on an administrator who is no superuser gives a database only to a role that it can become.
                with contextlib.suppress(_errors().InsufficientPrivilege):
                    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
                for database in databases:
                    what = sql.Identifier(database)
                    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(what, name))
                    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(what))
            except BaseException:
                self.drop(role)
                raise

    def imitate(self, imitated: Imitated) -> None:
        """Make a role of the same name and powers, unless it is there, and the databases that it has."""
        from psycopg import sql

        name = sql.Identifier(imitated.role)
        powers = sql.SQL(
            f"{'' if imitated.may_create_databases else 'NO'}CREATEDB {'' if imitated.is_superuser else 'NO'}SUPERUSER"
        )
        with self._connection() as connection:
            secret = connection.pgconn.encrypt_password(
                imitated.password.encode(), imitated.role.encode(), b"scram-sha-256"
            ).decode()
            verb = sql.SQL(
                "ALTER" if imitated.role in _column(connection, "SELECT rolname FROM pg_roles") else "CREATE"
            )
            connection.execute(sql.SQL("{} ROLE {} LOGIN {} PASSWORD {}").format(verb, name, powers, secret))
            there = _column(connection, "SELECT datname FROM pg_database")
            for database in imitated.databases:
                if database not in there:
                    what = sql.Identifier(database)
                    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(what, name))

    def drop(self, role: str) -> None:
        """Drop the role and its databases, those that it created itself included."""
        from psycopg import sql

        with self._connection() as connection:
            force = " WITH (FORCE)" if connection.info.server_version >= 130000 else ""
            query = "SELECT d.datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE r.rolname = %s"
            owned = [str(row[0]) for row in connection.execute(query, (role,)).fetchall()]  # `test_…`, say
            named = [name for name in _column(connection, "SELECT datname FROM pg_database") if _is_of(role, name)]
            for database in dict.fromkeys((*named, *owned)):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}" + force).format(sql.Identifier(database)))
            if role in _column(connection, "SELECT rolname FROM pg_roles"):
                connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(role)))
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))

    def roles(self) -> tuple[str, ...]:
        """Return the roles whose names begin as ours do."""
        with self._connection() as connection:
            return tuple(sorted(n for n in _column(connection, "SELECT rolname FROM pg_roles") if n.startswith(PREFIX)))

    def entry(self, database: str, role: str, password: str) -> dict[str, object]:
        """Return Django's entry for a database, without TEST."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "USER": role,
            "PASSWORD": password,
            "HOST": self.endpoint.host,
            "PORT": str(self.endpoint.port),
            "OPTIONS": dict(self.endpoint.options),
        }

    def set_password(self, password: str) -> None:
        """Give the administrator another password; `endpoint` still holds the old one."""
        from psycopg import sql

        user = self.endpoint.user
        with self._connection() as connection:
            secret = connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(user), secret))

    @contextlib.contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Any]]:
        import psycopg  # 0.1 s that runs on SQLite do not spend

        where = self.endpoint
        try:
            with psycopg.connect(
                **dict(where.options),  # type: ignore[arg-type]  # libpq's own names
                host=where.host,
                port=where.port,
                user=where.user,
                password=where.password,
                dbname=where.database or "postgres",
                connect_timeout=ANSWER_S,
                autocommit=True,
                options="-c statement_timeout=60000",
            ) as connection:
                yield connection
        except psycopg.Error as error:
            raise Infrastructure(
                f"PostgreSQL at {where.host}:{where.port}: {where.mask(str(error).strip() or type(error).__name__)}"
            ) from error


def _is_of(role: str, database: str) -> bool:
    return database.startswith(f"{role}_")


def _column(connection: psycopg.Connection[Any], query: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(query.encode()).fetchall()]


def _errors() -> Any:
    import psycopg.errors

    return psycopg.errors
