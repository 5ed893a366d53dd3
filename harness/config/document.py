"""The shape of `matrix.toml`, table by table, as pydantic checks it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PlainValidator, Tag
from pydantic_core import PydanticCustomError


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _list_only(value: object) -> object:
    match value:
        case str():
            context = {"found": f'"{value}"', "text": f'write ["{value}"]'}
        case int() | float():
            context = {"found": str(value).lower(), "text": "put it in brackets and quotes"}
        case _:
            return value
    raise PydanticCustomError("not_a_list", "needs a list, found {found}: {text}", context)


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _date_or_moment(value: object) -> object:
    if not isinstance(value, dt.date):  # a datetime is one
        raise PydanticCustomError("not_a_date", "needs a date or a moment without quotes: 2026-01-20")
    return value


def _kind(value: object) -> str:
    return "range" if isinstance(value, dict | VersionRangeTable) else "value"


Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
OneOrMany = Annotated[list[Text], BeforeValidator(_one_or_many, json_schema_input_type=Text | list[Text])]
Seconds = Annotated[float, Field(gt=0)]
Megabytes = Annotated[float, Field(gt=0)]
Moment = Annotated[dt.date, PlainValidator(_date_or_moment, json_schema_input_type=dt.datetime | dt.date)]
When = Annotated[dict[Text, OneOrMany], Field(min_length=1)]


class Table(BaseModel):
    """A table of the file: unknown keys are refused, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True)


class VersionRangeTable(Table):
    """Releases of a package from `since` up to and including `until`."""

    since: Text = Field(description="First series or version, for example 4.2.")
    until: Text | None = Field(default=None, description="Last series or version, included; without it the newest.")
    per: Literal["minor", "release"] = Field(
        default="minor", description="The newest release of each minor series, or every release."
    )


AxisItem = Annotated[Annotated[Text, Tag("value")] | Annotated[VersionRangeTable, Tag("range")], Discriminator(_kind)]


AxisItems = Annotated[list[AxisItem], BeforeValidator(_list_only)]
AxisNames = Annotated[list[Text], BeforeValidator(_list_only)]


class MatrixTable(BaseModel):
    """The axes; every key beside the four built-in ones is a package on the index."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, AxisItems]  # pydantic reads this annotation: the type of every further key

    python: AxisNames = Field(description='Python versions: "3.12".')
    database: AxisNames = Field(
        description="Names of databases; sqlite-memory, sqlite-file and sqlite-name need no table."
    )
    canary: AxisNames = Field(description="Names of canaries.")
    mode: AxisNames = Field(
        default=["migrations"],
        description="How canaries are run: migrations, nomigrations, reuse-db, create-db, xdist, plain.",
    )


class DatabaseTable(Table):
    """One value of the `database` axis."""

    engine: Literal["sqlite", "postgresql", "mariadb", "mysql"] = Field(description="The kind of server.")
    version: str = Field(default="", description='Server version ("17"); "memory", "file" or "name" for SQLite.')
    providers: list[Literal["sqlite", "docker", "embedded", "url"]] | None = Field(
        default=None, min_length=1, description="How the server may come to be, in order of preference."
    )
    image: OneOrMany = Field(default=[], description="Docker image, or several in order of preference.")
    url_env: str = Field(default="", description="Environment variable with the DSN, for the provider `url`.")
    driver: OneOrMany | None = Field(default=None, description="Requirements of the driver.")


class LackTable(Table):
    """Tests that cannot pass under some condition, by declaration: their skips are not held against a cell."""

    tests: OneOrMany = Field(min_length=1, description="Patterns on test ids, * for anything.")
    when: When = Field(description="Axis to specifier, value or pattern, or a list of them.")
    reason: Text = Field(description="Why; shown with the skips.")


class CanaryTable(Table):
    """One value of the `canary` axis: a Django project. With `install` or `command` it is one that came as it is."""

    base: Text | None = Field(default=None, description="The canary that this one changes: a scenario of it.")
    path: Text | None = Field(default=None, description="Its folder, relative to this file.")
    settings: Text | None = Field(
        default=None, description="Its settings module; a project's own configuration may say it instead."
    )
    install: OneOrMany = Field(
        default=[],
        description='What is installed of a project, as pip is told: ".[test]", "-e .", "-r requirements.txt",'
        ' "-c constraints.txt", "--group test".',
    )
    command: OneOrMany | None = Field(
        default=None, description="How a project is tested: a command line, or several, run until one fails."
    )
    cwd: Text = Field(default=".", description="Where in the project its commands are run.")
    env: dict[Text, str] = Field(default={}, description="Variables of a project's commands; ${NAME} is filled in.")
    pass_env: OneOrMany = Field(default=[], description="Variables of the user's that a project gets, too.")
    inject: Literal["", "settings"] = Field(
        default="", description='"settings": DATABASES of its settings module are replaced by the cell\'s.'
    )
    junit: Text | None = Field(default=None, description="The JUnit file that the command writes, below `cwd`.")
    overlay: Text | None = Field(default=None, description="A folder laid over the copy, relative to this file.")
    remove: OneOrMany = Field(default=[], description="Files taken out of the copy, * for anything.")
    prepare: list[Annotated[list[Text], Field(min_length=1)]] = Field(
        default=[], description="Commands, as arguments of Python, that are run in the copy before the tests."
    )
    requires: OneOrMany = Field(default=[], description="Further requirements (PEP 508).")
    databases: OneOrMany = Field(default=["*"], min_length=1, description="Databases it can use, * for anything.")
    aliases: OneOrMany = Field(default=["default"], min_length=1, description="Keys of DATABASES that it wants.")
    args: list[str] = Field(default=[], description="Further arguments for pytest.")
    lacks: list[LackTable] = Field(default=[], description="What some modes or databases cannot give.")
    allow_skips: bool | None = Field(
        default=None, description="Whether skipped tests are taken as good; without it only a project's."
    )


class RuleTable(Table):
    """An `[[exclude]]` or `[[include]]` entry."""

    when: When = Field(description="Axis to specifier, value or pattern, or a list of them; all axes must hold.")
    reason: Text = Field(description="Why; shown wherever the rule shows.")
    issue: str = Field(default="", description="Where it is discussed.")
    until: dt.date | None = Field(default=None, description="The last day it is good for; later the plan fails.")


class ExpectTable(RuleTable):
    """An `[[expect]]` entry: how cells are known to end."""

    state: Literal["pass", "fail", "flaky", "timeout", "crash", "unresolvable", "unsupported"] = Field(
        default="fail", description="The state that is expected."
    )
    runner: Literal["", "pytest-django", "django"] = Field(default="", description="Only attempts of this runner.")


class ProfileTable(Table):
    """Which part of the matrix is run, and how densely."""

    strength: Annotated[
        Literal["1", "2", "3", "full"],
        BeforeValidator(_as_text, json_schema_input_type=Literal[1, 2, 3, "1", "2", "3", "full"]),
    ] = Field(default="2", description="How many axes are crossed; full: every cell.")
    axes: dict[Text, OneOrMany] = Field(default={}, description="Axis to the values or specifiers that take part.")


class TimeoutsTable(Table):
    """Bounds per phase, in seconds."""

    resolve_s: Seconds = Field(default=120, description="One resolution.")
    install_s: Seconds = Field(default=300, description="One environment.")
    server_s: Seconds = Field(default=120, description="One server, until its first answer.")
    test_s: Seconds = Field(default=300, description="One run of a canary.")


class RunTable(Table):
    """The settings of a run."""

    jobs: int | None = Field(default=None, ge=1, description="Cells at a time; without it the number of cores.")
    timeouts: TimeoutsTable = Field(default_factory=TimeoutsTable, description="Bounds per phase.")
    as_of: Moment | None = Field(
        default=None,
        description="Resolve from what had been uploaded by then: a day, included (UTC), or a moment.",
    )
    allow_build: list[Name] = Field(default=[], description="Packages that may be built from source.")
    python_downloads: bool = Field(default=True, description="Whether uv may download a missing interpreter.")
    log_limit_mb: Megabytes = Field(default=5, description="Size at which a cell's log is cut.")
    disk_limit_mb: Megabytes = Field(default=500, description="What a cell may write before it is stopped.")


class Document(Table):
    """A whole `matrix.toml`."""

    matrix: MatrixTable = Field(description="The axes and their values.")
    database: dict[Name, DatabaseTable] = Field(default={}, description="Databases by name.")
    canary: dict[Name, CanaryTable] = Field(default={}, description="Canaries by name.")
    exclude: list[RuleTable] = Field(default=[], description="Cells that make no sense.")
    include: list[RuleTable] = Field(default=[], description="Combinations that every plan must hold.")
    expect: list[ExpectTable] = Field(default=[], description="How cells are known to end.")
    profile: dict[Name, ProfileTable] = Field(default={}, description="Profiles by name.")
    run: RunTable = Field(default_factory=RunTable, description="How cells are run.")
