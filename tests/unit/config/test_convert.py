"""What a file says becomes a specification."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from harness.model.condition import Condition
from harness.model.spec import (
    AxisSpec,
    CanarySpec,
    DatabaseSpec,
    Engine,
    Expectation,
    Lack,
    Per,
    Profile,
    ProviderName,
    Rule,
    RunSpec,
    Strength,
    Timeouts,
    VersionRange,
)

_FULL = """
[matrix]
canary = ["seed"]
mode = ["migrations", "xdist"]
Django = ["5.2", { since = "4.2", until = "6.1", per = "release" }, { since = "6.0" }]
database = ["sqlite-file", "pg", "my"]
python = ["3.12", "3.13"]
psycopg = ["latest"]

[database.pg]
engine = "postgresql"
version = "17.5"
image = ["mine:17", "postgres:17"]
url_env = "PG_URL"

[database.my]
engine = "mysql"
version = "8.4"
providers = ["docker"]
driver = "mysqlclient>=2.2"

[canary.seed]
path = "canaries/seed"
settings = "config.settings.test"
requires = ["django-tenants"]
databases = "sqlite-*"
aliases = ["default", "other"]
args = ["-x"]
allow_skips = true
[[canary.seed.lacks]]
tests = "*::test_view"
when = { mode = "nomigrations" }
reason = "no RunSQL"

[[exclude]]
when = { Django = ["<5", "6.1"], mode = "xdist" }
reason = "because"
issue = "#1"
until = 2026-01-20

[[include]]
when = { python = "3.13" }
reason = "newest"

[[expect]]
when = { mode = "xdist" }
reason = "known"
[[expect]]
when = { mode = "xdist" }
state = "timeout"
runner = "django"
reason = "slow"

[profile.default]
strength = 3
[profile.full]
strength = "full"
axes = { Django = "<6", mode = ["xdist"] }

[run]
jobs = 3
timeouts = { test_s = 60 }
as_of = 2026-01-20
allow_build = ["MySQLclient"]
python_downloads = false
log_limit_mb = 1.5
disk_limit_mb = 20
"""


def test_axes_are_in_the_order_of_reading_a_row(read) -> None:
    """Python first, then the packages as the file orders them, normalised, then the built-in rest."""
    assert read(_FULL).axes == (
        AxisSpec(name="python", values=("3.12", "3.13")),
        AxisSpec(
            name="django",
            values=(
                "5.2",
                VersionRange(since="4.2", until="6.1", per=Per.RELEASE),
                VersionRange(since="6.0", until=None, per=Per.MINOR),
            ),
        ),
        AxisSpec(name="psycopg", values=("latest",)),
        AxisSpec(name="database", values=("sqlite-file", "pg", "my")),
        AxisSpec(name="canary", values=("seed",)),
        AxisSpec(name="mode", values=("migrations", "xdist")),
    )


def test_databases(read) -> None:
    """Predefined ones appear where the axis names them; providers and drivers follow from the engine."""
    assert read(_FULL).databases == (
        DatabaseSpec(
            name="sqlite-file", engine=Engine.SQLITE, version="file", providers=(ProviderName.SQLITE,), driver=()
        ),
        DatabaseSpec(
            name="pg",
            engine=Engine.POSTGRESQL,
            version="17.5",
            providers=(ProviderName.DOCKER, ProviderName.EMBEDDED, ProviderName.URL),
            images=("mine:17", "postgres:17"),
            url_env="PG_URL",
            driver=("psycopg[binary]",),
        ),
        DatabaseSpec(
            name="my",
            engine=Engine.MYSQL,
            version="8.4",
            providers=(ProviderName.DOCKER,),
            driver=("mysqlclient>=2.2",),
        ),
    )


@pytest.mark.parametrize(
    ("table", "providers", "driver"),
    [
        ('engine = "postgresql"', (ProviderName.DOCKER, ProviderName.EMBEDDED), ("psycopg[binary]",)),
        ('engine = "mariadb"', (ProviderName.DOCKER,), ("pymysql",)),
        ('engine = "mysql"', (ProviderName.DOCKER,), ("pymysql",)),
        ('engine = "mysql"\nurl_env = "U"', (ProviderName.DOCKER, ProviderName.URL), ("pymysql",)),
        ('engine = "mysql"\ndriver = []', (ProviderName.DOCKER,), ()),
    ],
)
def test_defaults_of_the_engines(
    table: str, providers: tuple[ProviderName, ...], driver: tuple[str, ...], good: str, read
) -> None:
    """`url` takes part where a variable is named; a driver that is written, even as none, stands."""
    database = read(good.replace('engine = "postgresql"', table)).database("postgres-17")
    assert (database.providers, database.driver) == (providers, driver)


def test_a_predefined_database_can_be_defined_anew(good: str, read) -> None:
    """A table of one's own wins."""
    text = good + '[database.sqlite-memory]\nengine = "sqlite"\nversion = "file"\n'
    assert read(text).database("sqlite-memory").version == "file"


def test_canaries(read, tmp_path: Path) -> None:
    """Paths start at the file's folder; single strings stand for lists."""
    assert read(_FULL).canaries == (
        CanarySpec(
            name="seed",
            path=tmp_path / "canaries" / "seed",
            settings="config.settings.test",
            requires=("django-tenants",),
            databases=("sqlite-*",),
            aliases=("default", "other"),
            args=("-x",),
            lacks=(
                Lack(
                    tests=("*::test_view",),
                    when=Condition(terms=(("mode", ("nomigrations",)),)),
                    reason="no RunSQL",
                ),
            ),
            allow_skips=True,
        ),
    )


def test_rules(read) -> None:
    """Conditions are sorted by normalised axis; the last day of an `until` still counts."""
    spec = read(_FULL)
    assert spec.excludes == (
        Rule(
            when=Condition(terms=(("django", ("<5", "6.1")), ("mode", ("xdist",)))),
            reason="because",
            issue="#1",
            until=dt.date(2026, 1, 20),
        ),
    )
    assert spec.includes == (Rule(when=Condition(terms=(("python", ("3.13",)),)), reason="newest"),)
    xdist = Condition(terms=(("mode", ("xdist",)),))
    assert spec.expectations == (
        Expectation(when=xdist, state="fail", reason="known"),
        Expectation(when=xdist, state="timeout", reason="slow", runner="django"),
    )


def test_profiles(read, good: str) -> None:
    """A strength may be a number; the default profile is pairwise over everything where it is not written."""
    assert read(_FULL).profiles == (
        Profile(name="default", strength=Strength.TRIPLES),
        Profile(name="full", strength=Strength.FULL, axes=(("django", ("<6",)), ("mode", ("xdist",)))),
    )
    assert read(good).profiles == (Profile(name="default", strength=Strength.PAIRS),)


def test_run(read, good: str) -> None:
    """Sizes become bytes, a day becomes its last second; what is not written has the model's defaults."""
    assert read(_FULL).run == RunSpec(
        jobs=3,
        timeouts=Timeouts(test_s=60),
        as_of=dt.datetime(2026, 1, 20, 23, 59, 59, tzinfo=dt.UTC),
        allow_build=("mysqlclient",),
        python_downloads=False,
        log_limit_bytes=1_500_000,
        disk_limit_bytes=20_000_000,
    )
    assert read(good).run == RunSpec()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-20T12:30:00", dt.datetime(2026, 1, 20, 12, 30, tzinfo=dt.UTC)),
        ("2026-01-20T12:30:00+02:00", dt.datetime(2026, 1, 20, 10, 30, tzinfo=dt.UTC)),
        ("2026-12-31", dt.datetime(2026, 12, 31, 23, 59, 59, tzinfo=dt.UTC)),
    ],
)
def test_as_of_is_a_day_or_a_moment(text: str, moment: dt.datetime, read, good: str) -> None:
    """Where no zone is written it is UTC."""
    assert read(f"{good}\n[run]\nas_of = {text}\n").run.as_of == moment


def test_the_mode_is_migrations_where_none_is_named(read, good: str) -> None:
    """The fourth built-in axis has a default."""
    assert read(good).axis("mode").values == ("migrations",)
