"""Turns a checked document into the values that the other stages share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.config.checks import axes_of
from harness.config.document import (
    CanaryTable,
    DatabaseTable,
    Document,
    ExpectTable,
    ProfileTable,
    RuleTable,
    RunTable,
    VersionRangeTable,
)
from harness.config.engines import driver_of, providers_of
from harness.config.predefined import PREDEFINED
from harness.config.projects import is_project, project_of
from harness.config.scenarios import lineage, written
from harness.model.cell import normalise_axis
from harness.model.condition import Condition
from harness.model.spec import (
    AxisSpec,
    AxisValue,
    CanarySpec,
    Change,
    DatabaseSpec,
    Engine,
    Expectation,
    Lack,
    MatrixSpec,
    Per,
    Profile,
    Rule,
    RunSpec,
    Strength,
    Timeouts,
    VersionRange,
)

_MEGABYTE = 1_000_000
_DEFAULT_PROFILE = "default"


def convert(document: Document, *, path: Path) -> MatrixSpec:
    """Return the specification; canaries' paths become absolute, the default profile is there in any case."""
    databases = {name: PREDEFINED[name] for name in document.matrix.database if name in PREDEFINED} | document.database
    profiles = {_DEFAULT_PROFILE: ProfileTable()} | document.profile
    return MatrixSpec(
        path=path,
        axes=tuple(_axis(name, values) for name, values in axes_of(document).items()),
        databases=tuple(_database(name, table) for name, table in databases.items()),
        canaries=tuple(_canary(name, document.canary, path.parent) for name in document.canary),
        excludes=_rules(document.exclude),
        includes=_rules(document.include),
        expectations=tuple(_expectation(table) for table in document.expect),
        profiles=tuple(_profile(name, table) for name, table in profiles.items()),
        run=_run(document.run),
    )


def _axis(name: str, values: Sequence[str | VersionRangeTable]) -> AxisSpec:
    return AxisSpec(name=normalise_axis(name), values=tuple(map(_value, values)))


def _value(value: str | VersionRangeTable) -> AxisValue:
    match value:
        case str():
            return value
        case VersionRangeTable():
            return VersionRange(since=value.since, until=value.until, per=Per(value.per))


def _database(name: str, table: DatabaseTable) -> DatabaseSpec:
    return DatabaseSpec(
        name=name,
        engine=Engine(table.engine),
        version=table.version,
        providers=providers_of(table),
        images=tuple(table.image),
        url_env=table.url_env,
        driver=driver_of(table),
    )


def _canary(name: str, canaries: Mapping[str, CanaryTable], folder: Path) -> CanarySpec:
    table = written(name, canaries)
    levels = [canaries[one] for one in lineage(name, canaries)]
    return CanarySpec(
        name=name,
        path=(folder / str(table.path)).resolve(),
        changes=tuple(_change(level, folder) for level in levels if level.overlay or level.remove),
        prepare=tuple(tuple(command) for level in levels for command in level.prepare),
        settings=table.settings or "",
        project=project_of(table),
        requires=tuple(table.requires),
        databases=tuple(table.databases),
        aliases=tuple(table.aliases),
        args=tuple(table.args),
        lacks=tuple(
            Lack(tests=tuple(lack.tests), when=_condition(lack.when), reason=lack.reason) for lack in table.lacks
        ),
        allow_skips=is_project(table) if table.allow_skips is None else table.allow_skips,
    )


def _change(table: CanaryTable, folder: Path) -> Change:
    overlay = None if table.overlay is None else (folder / table.overlay).resolve()
    return Change(overlay=overlay, remove=tuple(table.remove))


def _condition(when: Mapping[str, Sequence[str]]) -> Condition:
    return Condition(terms=_filters(when))


def _filters(options: Mapping[str, Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple(sorted((normalise_axis(axis), tuple(values)) for axis, values in options.items()))


def _rules(tables: Iterable[RuleTable]) -> tuple[Rule, ...]:
    return tuple(
        Rule(when=_condition(table.when), reason=table.reason, issue=table.issue, until=table.until) for table in tables
    )


def _expectation(table: ExpectTable) -> Expectation:
    return Expectation(
        when=_condition(table.when),
        state=table.state,
        reason=table.reason,
        issue=table.issue,
        until=table.until,
        runner=table.runner,
    )


def _profile(name: str, table: ProfileTable) -> Profile:
    return Profile(name=name, strength=Strength(table.strength), axes=_filters(table.axes))


def _run(table: RunTable) -> RunSpec:
    return RunSpec(
        jobs=table.jobs,
        timeouts=Timeouts(**table.timeouts.model_dump()),
        as_of=None if table.as_of is None else as_moment(table.as_of),
        allow_build=tuple(sorted(map(normalise_axis, table.allow_build))),
        python_downloads=table.python_downloads,
        log_limit_bytes=round(table.log_limit_mb * _MEGABYTE),
        disk_limit_bytes=round(table.disk_limit_mb * _MEGABYTE),
    )


def as_moment(as_of: dt.date) -> dt.datetime:
    """Return the last moment whose uploads count: a day is included, as by ``--as-of``; UTC where no zone is given."""
    if not isinstance(as_of, dt.datetime):
        return dt.datetime.combine(as_of, dt.time(23, 59, 59), dt.UTC)
    return as_of if as_of.tzinfo else as_of.replace(tzinfo=dt.UTC)
