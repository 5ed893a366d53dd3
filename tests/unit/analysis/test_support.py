"""Each version of each package, by what its cells show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from harness.analysis.conclude import Conclusion
from harness.analysis.support import Standing, packages_seen
from harness.model.cell import Cell
from harness.model.plan import Axis, Value
from harness.model.record import Purpose
from harness.model.spec import Engine
from harness.model.verdict import Judgement, Observation, State, Verdict


def one(version: str, state: State, number: int = 0, **fields: Any) -> Conclusion:
    """Return a cell of a version of Django."""
    return Conclusion(
        cell=Cell.of({"django": version, "mode": str(number)}),
        exact=(("django", version),),
        engine=Engine.SQLITE,
        provider="sqlite",
        judgement=Judgement(observation=Observation(state=state), verdict=Verdict.AS_EXPECTED),
        **fields,
    )


def django(*versions: str) -> tuple[Axis, ...]:
    """Return the axes of a matrix."""
    values = tuple(Value(requested=version, exact=version) for version in versions)
    return (Axis(name="django", values=values), Axis(name="mode", values=(Value(requested="0"),)))


def test_a_range_for_each_standing_and_the_rest_is_not_tested() -> None:
    """Neighbours of one standing are one range; below and above what the matrix names nothing is known."""
    found = [
        one("4.2", State.FAIL),
        one("5.1", State.PASS),
        one("5.2", State.PASS),
        one("6.0", State.PASS),
        one("6.0", State.CRASH, 1),
        one("6.1", State.ERROR),
    ]
    (seen,) = packages_seen(found, django("6.1", "6.0", "5.2", "5.1", "5.0", "4.2"), ())

    assert seen.name == "django"
    assert [(span.specifier, span.standing) for span in seen.spans] == [
        ("<4.2", Standing.NOT_TESTED),
        ("==4.2", Standing.FAILS),
        ("==5.0", Standing.NOT_TESTED),
        (">=5.1,<=5.2", Standing.WORKS),
        ("==6.0", Standing.DEPENDS),
        ("==6.1", Standing.NOT_TESTED),
        (">6.1", Standing.NOT_TESTED),
    ]


def test_only_a_pass_works_and_only_a_failure_fails() -> None:
    """A flaky cell, an error, an untestable or missing one shows neither."""
    for state in State:
        (seen,) = packages_seen([one("5.2", state)], django("5.2"), ())
        (version,) = seen.versions
        expected = Standing.WORKS if state is State.PASS else Standing.NOT_TESTED
        assert version.standing is (Standing.FAILS if state.is_failure else expected)


def test_diagnostic_neighbours_are_not_counted() -> None:
    """They are no part of the run's counts."""
    found = [one("5.2", State.PASS), one("5.2", State.FAIL, 1, purpose=Purpose.DIAGNOSTIC)]
    (seen,) = packages_seen(found, django("5.2"), ())
    assert seen.versions[0].standing is Standing.WORKS


def test_a_value_without_a_version_is_named_as_it_is() -> None:
    """``latest`` where nothing was resolved: no order, no range."""
    cell = replace(one("5.2", State.NOT_RUN), exact=())
    cell = replace(cell, cell=Cell.of({"django": "latest", "mode": "0"}))
    (seen,) = packages_seen([cell], django("5.2"), ())
    assert [span.specifier for span in seen.spans] == ["<5.2", "==5.2", ">5.2", "===latest"]


VERSIONS = st.lists(
    st.tuples(
        st.from_regex(r"[0-9]\.[0-9](\.[0-9])?((a|b|rc)[0-9])?", fullmatch=True),
        st.sampled_from((State.PASS, State.FAIL, State.ERROR)),
    ),
    unique_by=lambda item: SpecifierSet(f"=={item[0]}"),
    min_size=1,
    max_size=12,
)


@given(VERSIONS)
def test_every_version_is_in_exactly_one_range(versions: list[tuple[str, State]]) -> None:
    """The one that names it, whatever pre-releases there are; every cell is in it once."""
    found = [one(version, state) for version, state in versions]
    (seen,) = packages_seen(found, django(*(version for version, _ in versions)), ())

    for version, _ in versions:
        holding = [span for span in seen.spans if SpecifierSet(span.specifier).contains(version, prereleases=True)]
        assert len(holding) == 1
        assert version in [named.version for named in holding[0].versions]
    cells = [cell for item in seen.versions for cell in (*item.passing, *item.failing, *item.other)]
    assert sorted(cells) == sorted(conclusion.cell.id for conclusion in found)
