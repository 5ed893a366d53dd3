"""`compat.json`: per package, the ranges that work, that fail and that were not tested, each with its evidence."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass

from harness.analysis.explain.findings import Rule
from harness.analysis.reported import RunReport
from harness.analysis.support import PackageSeen, Span, Standing, packages_seen
from harness.model import codec
from harness.model.verdict import State
from harness.report import ci_log
from harness.report.formats.document import Document

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A range of versions with one standing, and the cells that show it: every cell of the run is in one range."""

    specifier: str  # PEP 440
    versions: tuple[str, ...]  # exact ones that the matrix names, ascending; between two neighbours nothing was tried
    passing: tuple[str, ...]  # cell ids
    failing: tuple[str, ...]
    other: tuple[str, ...]  # flaky, in error, untestable or not run: they show neither
    conditions: tuple[str, ...]  # the rules that account for what fails, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What a condition says of one axis: one of the alternatives holds."""

    axis: str
    any_of: tuple[str, ...]  # specifiers on version axes, else names


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatCondition:
    """A rule behind failures: where all of its terms hold."""

    when: str
    terms: tuple[Term, ...]
    standing: str  # "confirmed" or "consistent"
    state: State
    signature: str
    failing: tuple[str, ...]  # cell ids
    declared: str  # the reason of the [[expect]] entry
    issue: str
    require: tuple[str, ...]  # requirements that keep clear of it


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatPackage:
    """One package, or Python."""

    name: str
    works: tuple[Range, ...]
    fails: tuple[Range, ...]
    depends: tuple[Range, ...]
    not_tested: tuple[Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatDocument:
    """What `harness report --format compat` writes."""

    version: int
    run: int
    as_of: dt.datetime
    is_partial: bool
    notes: tuple[str, ...]
    cells: int
    states: tuple[tuple[State, int], ...]
    packages: tuple[CompatPackage, ...]
    conditions: tuple[CompatCondition, ...]


def documents(report: RunReport) -> Iterator[Document]:
    """Yield the one document; `docs/compat.schema.json` describes it."""
    text = json.dumps(codec.to_plain(compat(report)), indent=2, sort_keys=True)
    yield Document(name="compat.json", content=ci_log.in_json(text) + "\n")


def compat(report: RunReport) -> CompatDocument:
    """Return the document as a value."""
    summary = report.summary
    rules = summary.explanation.rules
    return CompatDocument(
        version=VERSION,
        run=summary.run_id,
        as_of=summary.as_of,
        is_partial=report.is_partial,
        notes=report.notes,
        cells=summary.counts.cells,
        states=summary.counts.states,
        packages=tuple(_package(one) for one in packages_seen(summary.conclusions, report.axes, rules)),
        conditions=tuple(_condition(rule) for rule in rules),
    )


def _package(seen: PackageSeen) -> CompatPackage:
    def ranges(standing: Standing) -> tuple[Range, ...]:
        return tuple(_range(span) for span in seen.spans if span.standing is standing)

    return CompatPackage(
        name=seen.name,
        works=ranges(Standing.WORKS),
        fails=ranges(Standing.FAILS),
        depends=ranges(Standing.DEPENDS),
        not_tested=ranges(Standing.NOT_TESTED),
    )


def _range(span: Span) -> Range:
    return Range(
        specifier=span.specifier,
        versions=tuple(one.version for one in span.versions),
        passing=tuple(cell for one in span.versions for cell in one.passing),
        failing=tuple(cell for one in span.versions for cell in one.failing),
        other=tuple(cell for one in span.versions for cell in one.other),
        conditions=span.versions[0].rules if span.versions else (),
    )


def _condition(rule: Rule) -> CompatCondition:
    return CompatCondition(
        when=rule.text,
        terms=tuple(Term(axis=item.axis, any_of=item.terms) for item in rule.predicates),
        standing=rule.standing.value,
        state=rule.state,
        signature=rule.signature.id,
        failing=rule.support,
        declared=rule.declared,
        issue=rule.issue,
        require=tuple(
            f"{remedy.requirement} (where {remedy.condition})" if remedy.condition else remedy.requirement
            for remedy in rule.remedies
        ),
    )
