"""DSNs of the user's own servers, as far as no server is needed."""

import dataclasses

import pytest

from harness.databases import Context, url
from harness.errors import UsageError
from harness.model.server import Absent
from harness.model.spec import DatabaseSpec, Engine

PG = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version="17", url_env="PG_DSN")


def test_a_dsn_is_read_whole() -> None:
    """Escapes are undone, the port has a default, options are the driver's."""
    found = url.parse("postgresql://me:p%40ss@db.example/app?sslmode=require", Engine.POSTGRESQL)
    assert (found.host, found.port, found.user, found.password, found.database) == (
        "db.example",
        5432,
        "me",
        "p@ss",
        "app",
    )
    assert found.options == (("sslmode", "require"),)


def test_mysql_and_mariadb_share_their_schemes() -> None:
    """Either scheme may name either server; which one it is the server says."""
    assert url.parse("mysql://u:p@h/d", Engine.MARIADB).port == 3306
    assert url.parse("mariadb://u:p@h:33/d", Engine.MYSQL).port == 33


@pytest.mark.parametrize(
    "dsn",
    [
        "mysql://u:geheim@h/d",
        "postgresql://h/d",
        "geheim",
        "postgresql://u:geheim@h:port/d",
        "postgresql://u:geheim@/d",
    ],
)
def test_what_is_no_dsn_is_refused_without_being_quoted(dsn: str) -> None:
    """The message says what is wrong and what it should look like, never what was given."""
    with pytest.raises(UsageError) as caught:
        url.parse(dsn, Engine.POSTGRESQL)
    assert "geheim" not in str(caught.value)
    assert "postgresql://user:password@host:port/database" in caught.value.remedy


def test_a_password_does_not_show_in_a_repr() -> None:
    """An endpoint may end in a traceback or a log."""
    assert "geheim" not in repr(url.parse("postgresql://u:geheim@h/d", Engine.POSTGRESQL))


@pytest.mark.parametrize(
    ("engine", "wanted", "said", "is_right"),
    [
        (Engine.POSTGRESQL, "17", "17.10 (Debian 17.10-1)", True),
        (Engine.POSTGRESQL, "17.1", "17.10", False),
        (Engine.POSTGRESQL, "1", "17.10", False),
        (Engine.POSTGRESQL, "", "17.10", True),
        (Engine.MARIADB, "10.11", "10.11.18-MariaDB-0+deb12u1", True),
        (Engine.MARIADB, "10.11", "5.5.5-10.11.18-MariaDB", True),
        (Engine.MARIADB, "8.4", "8.4.6", False),
        (Engine.MYSQL, "8.4", "8.4.6", True),
        (Engine.MYSQL, "10.11", "10.11.18-MariaDB", False),
    ],
)
def test_the_server_must_be_the_one_asked_for(engine: Engine, wanted: str, said: str, is_right: bool) -> None:
    """Versions are compared by components, MariaDB and MySQL are told apart."""
    spec = DatabaseSpec(name="x", engine=engine, version=wanted)
    assert (url.mismatch(spec, said) == "") is is_right


def test_an_unset_variable_is_absent_with_a_remedy(context: Context) -> None:
    """Nothing was configured: that is said, not raised."""
    answer = url.offer(PG, context)
    assert isinstance(answer, Absent)
    assert answer.detail == "$PG_DSN is not set"
    assert answer.remedy == "set PG_DSN to a DSN"


def test_a_server_that_does_not_answer_is_absent_and_its_password_unsaid(context: Context) -> None:
    """The reason names the address; the DSN's secret appears nowhere."""
    environ = {"PG_DSN": "postgresql://u:geheim@127.0.0.1:9/postgres"}
    answer = url.offer(PG, dataclasses.replace(context, environ=environ))
    assert isinstance(answer, Absent)
    assert "127.0.0.1:9" in answer.detail
    assert "geheim" not in answer.detail + answer.remedy
