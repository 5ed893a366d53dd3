"""The matrix's own rules as nogoods."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.errors import UsageError
from harness.model.condition import Condition
from harness.model.plan import Axis, Why
from harness.model.spec import Expectation, Lack, MatrixSpec, Rule
from harness.plan.rules import check_rules, matrix_nogoods, partials


def _when(**terms: str | tuple[str, ...]) -> Condition:
    return Condition(terms=tuple((axis, (v,) if isinstance(v, str) else v) for axis, v in terms.items()))


def test_a_canary_rules_out_databases_it_cannot_use(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """Databases that match none of the canary's patterns are nogoods with that canary."""
    found = {n.values for n in matrix_nogoods(spec, axes) if n.why is Why.CANARY_DATABASE}
    assert found == {
        (("canary", "tenants"), ("database", "sqlite-memory")),
        (("canary", "tenants"), ("database", "mariadb-10.11")),
    }


def test_reuse_db_needs_a_database_that_stays(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """reuse-db is ruled out on in-memory SQLite, and there only."""
    found = {n.values for n in matrix_nogoods(spec, axes) if n.why is Why.MODE_DATABASE}
    assert found == {(("database", "sqlite-memory"), ("mode", "reuse-db"))}


def test_without_reuse_db_no_mode_is_ruled_out(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """A mode that is not on the axis gives no nogood."""
    narrowed = tuple(replace(axis, values=axis.values[:1]) if axis.name == "mode" else axis for axis in axes)
    assert all(n.why is Why.CANARY_DATABASE for n in matrix_nogoods(spec, narrowed))


def test_an_exclude_becomes_every_combination_it_matches(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """Specifiers meet exact versions, patterns meet names; the detail is the reason with its issue."""
    rule = Rule(when=_when(django=">=6", database="*-1*"), reason="too new", issue="#7")
    nogoods = matrix_nogoods(replace(spec, excludes=(rule,)), axes)
    excluded = [nogood for nogood in nogoods if nogood.why is Why.EXCLUDED]
    assert {nogood.values for nogood in excluded} == {
        (("database", database), ("django", django))
        for database in ("postgres-17", "mariadb-10.11")
        for django in ("6.0", "latest")
    }
    assert {nogood.detail for nogood in excluded} == {"too new (#7)"}


def test_a_condition_on_an_axis_that_is_gone_matches_nothing(axes: tuple[Axis, ...]) -> None:
    """No value, no combination."""
    assert partials(_when(pytest="8"), axes) == ()


@pytest.mark.parametrize(
    ("kind", "entry"),
    [
        ("excludes", "[[exclude]] number 1 (why)"),
        ("includes", "[[include]] number 1 (why)"),
        ("expectations", "[[expect]] number 1 (why)"),
    ],
)
def test_a_rule_that_matches_nothing_is_refused(
    kind: str, entry: str, spec: MatrixSpec, axes: tuple[Axis, ...]
) -> None:
    """The message names file, entry, axis, value and the nearest existing value."""
    when = _when(database="postgres-18", django="6.0")
    rule = (
        Expectation(when=when, state="fail", reason="why") if kind == "expectations" else Rule(when=when, reason="why")
    )
    with pytest.raises(UsageError) as caught:
        check_rules(replace(spec, **{kind: (rule,)}), axes)
    assert f"matrix.toml: {entry}: when.database: 'postgres-18' matches no value" in str(caught.value)
    assert "nearest: postgres-17" in str(caught.value)


def test_a_lack_that_matches_nothing_is_refused(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """Lacks of a canary are conditions like the others."""
    lack = Lack(tests=("*",), when=_when(mode="xdist"), reason="why")
    canary = replace(spec.canaries[0], lacks=(lack,))
    with pytest.raises(UsageError, match=r"\[\[canary.seed.lacks\]\] number 1 \(why\): when.mode: 'xdist'"):
        check_rules(replace(spec, canaries=(canary,)), axes)


def test_a_specifier_that_matches_no_version_is_refused(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """Where nothing resembles the specifier, the existing values are listed."""
    rule = Rule(when=_when(django="<4"), reason="old")
    with pytest.raises(UsageError, match=r"when.django: '<4' matches no value of the axis.*5\.2"):
        check_rules(replace(spec, excludes=(rule,)), axes)


def test_every_alternative_must_match(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """One alternative that matches does not hide another that does not."""
    rule = Rule(when=_when(django=("6.0", "6.7")), reason="slip")
    with pytest.raises(UsageError, match=r"'6\.7' matches no value"):
        check_rules(replace(spec, excludes=(rule,)), axes)


def test_rules_that_match_pass(spec: MatrixSpec, axes: tuple[Axis, ...]) -> None:
    """Requested values, specifiers on exact versions, series of a word's exact version and patterns all count."""
    rules = (
        Rule(when=_when(django=("latest", "6.1", "==5.2.7", "<6")), reason="a"),
        Rule(when=_when(database="postgres-*", python=">=3.13"), reason="b"),
    )
    check_rules(replace(spec, excludes=rules), axes)
