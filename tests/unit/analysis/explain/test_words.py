"""Tests of rules in words."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.analysis.explain.lattice import as_box, holds, span, with_value
from harness.analysis.explain.scales import chart
from harness.analysis.explain.words import avoiding, condition, entry, predicates, remedies, sentence
from harness.model.cell import Cell
from harness.model.condition import Condition
from harness.model.plan import Axis, Value
from harness.model.spec import DatabaseSpec, Engine

AXES = (
    Axis(name="canary", values=tuple(Value(requested=name) for name in ("minimal", "seed", "tenants"))),
    Axis(name="database", values=(Value(requested="sqlite-memory"), Value(requested="postgres-17"))),
    Axis(
        name="django",
        values=tuple(
            Value(requested=asked, exact=exact)
            for asked, exact in (("6.0", "6.0.9"), ("4.2", "4.2.30"), ("5.1", "5.1.15"), ("5.2", "5.2.19"))
        ),
    ),
    Axis(
        name="pytest-django",
        values=tuple(
            Value(requested=asked, exact=exact)
            for asked, exact in (("4.11.1", "4.11.1"), ("4.12", "4.12.0"), ("4.13", "4.13.0"), ("4.14", "4.14.0"))
        ),
    ),
    Axis(
        name="python",
        values=tuple(Value(requested=asked, exact=exact) for asked, exact in (("3.11", "3.11.4"), ("3.12", "3.12.1"))),
    ),
)
DATABASES = (
    DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE, version="memory"),
    DatabaseSpec(name="postgres-17", engine=Engine.POSTGRESQL, version="17"),
)
CHART = chart(AXES, DATABASES)


def rule(**masks: str):
    """The box with these values, by number, on the axes named."""
    made = CHART.space(()).whole
    for name, numbers in masks.items():
        axis = [scale.name for scale in CHART.scales].index(name.replace("_", "-"))
        made = with_value(made, axis, sum(1 << int(number) for number in numbers))
    return made


def test_the_known_regression_in_words() -> None:
    """As the issue says it: the most particular predicate first, a bound named by the first version that passes."""
    known = rule(pytest_django="2", django="01")
    assert sentence(predicates(CHART, known)) == "pytest-django ==4.13.0 and django <5.2"
    assert [(one.requirement, one.condition) for one in remedies(CHART, known)] == [
        ("pytest-django !=4.13.0", "django <5.2"),
        ("django >=5.2", "pytest-django ==4.13.0"),
    ]
    made = entry(predicates(CHART, known), state="fail", reason='it says "no"\n', issue="x/y#1")
    assert made.startswith('[[expect]]\nwhen = { pytest-django = "==4.13.0", django = "<5.2" }\nreason = ')
    assert tomllib.loads(made)["expect"] == [
        {"when": {"pytest-django": "==4.13.0", "django": "<5.2"}, "reason": 'it says "no"\n', "issue": "x/y#1"}
    ]


@pytest.mark.parametrize(
    ("masks", "text"),
    [
        ({"django": "12"}, "django >=5.1,<6.0"),
        ({"django": "23"}, "django >=5.2"),
        ({"django": "0"}, "django ==4.2.30"),
        ({"python": "0"}, "python ==3.11.*"),
        ({"canary": "2"}, "canary ==tenants"),
        ({"canary": "02"}, "canary in (minimal, tenants)"),
        ({"database": "1"}, "database ==postgres-17"),
        ({}, "every cell"),
    ],
)
def test_predicates_in_words(masks, text) -> None:
    """Intervals of versions as specifiers, anything else by name."""
    assert sentence(predicates(CHART, rule(**masks))) == text


def test_python_becomes_a_marker() -> None:
    """A requirement that pip reads, where Python is the only condition."""
    (first, *_) = remedies(CHART, rule(pytest_django="2", python="0"))
    assert first.condition == ""
    marker = Requirement(first.requirement).marker
    assert marker is not None
    assert marker.evaluate({"python_version": "3.11"})
    assert not marker.evaluate({"python_version": "3.12"})


def test_another_state_than_fail_is_declared() -> None:
    """A timeout is expected as a timeout."""
    made = tomllib.loads(entry(predicates(CHART, rule(canary="1")), state="timeout", reason="slow", issue=""))
    assert made["expect"] == [{"when": {"canary": "seed"}, "state": "timeout", "reason": "slow"}]


@given(st.text())
def test_any_reason_is_toml(reason: str) -> None:
    """What a cell says is untrusted: it cannot break the entry, nor add to it."""
    made = tomllib.loads(entry(predicates(CHART, rule(canary="1")), state="fail", reason=reason, issue=""))
    (one,) = made["expect"]
    assert set(one) == {"when", "reason"}


VERSIONS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 2), st.sampled_from(["", "", "", "rc1", "a2"])),
    min_size=1,
    max_size=6,
    unique=True,
)


@st.composite
def intervals(draw: st.DrawFn):
    """A chart of one package axis, asked for by series or in full, and an interval on it."""
    values = []
    for major, minor, patch, pre in draw(VERSIONS):
        exact = f"{major}.{minor}.{patch}{pre}"
        asked = draw(st.sampled_from([exact, f"=={exact}", f"{major}.{minor}", f"{major}"]))
        values.append(Value(requested=asked if asked not in [v.requested for v in values] else exact, exact=exact))
    made = chart((Axis(name="thing", values=tuple(dict.fromkeys(values))),), ())
    size = len(made.scales[0].values)
    return made, span(draw(st.integers(1, (1 << size) - 1)))


@given(intervals())
def test_words_say_exactly_what_the_rule_does(drawn) -> None:
    """The condition holds for the cells of the rule alone, and the specifier refuses those alone: every version."""
    made, mask = drawn
    (scale,) = made.scales
    said = predicates(made, (mask,))
    refused = avoiding(scale, mask)
    is_whole = mask == (1 << len(scale.values)) - 1
    assert bool(said) is not is_whole
    assert bool(refused) is not is_whole
    for number, equal in enumerate(scale.values):
        for value in equal:
            cell, is_bad = Cell.of({"thing": value.requested}), bool(mask >> number & 1)
            # an asked-for value is matched literally first, so that the condition is read with the version alone
            assert condition(said).holds(cell, {"thing": value.exact}) is is_bad
            if refused:
                assert SpecifierSet(refused).contains(Version(value.exact), prereleases=True) is not is_bad


def test_the_entry_holds_for_the_cells_of_the_rule_alone() -> None:
    """Over all cells of the matrix, whatever the rule."""
    space = CHART.space(())
    for known in (rule(pytest_django="2", django="01"), rule(canary="02", python="1"), rule(django="12", database="0")):
        when = tomllib.loads(entry(predicates(CHART, known), state="fail", reason="r", issue=""))["expect"][0]["when"]
        terms = tuple((axis, (text,) if isinstance(text, str) else tuple(text)) for axis, text in when.items())
        read = Condition(terms=terms)
        exact = {(axis.name, value.requested): value.exact for axis in AXES for value in axis.values}
        points = [()]
        for dimension in space.dimensions:
            points = [(*point, value) for point in points for value in range(dimension.size)]
        for point in points:
            cell = CHART.cell(point)
            assert CHART.point(cell) == point
            versions = {axis: exact[axis, value] for axis, value in cell.values if exact[axis, value]}
            assert read.holds(cell, versions) is holds(known, point)


def test_a_rule_of_one_cell() -> None:
    """Every axis has its predicate."""
    assert len(predicates(CHART, as_box((0, 0, 0, 0, 0)))) == len(AXES)
