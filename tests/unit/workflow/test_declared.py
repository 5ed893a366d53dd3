"""What a canary declares about its dependencies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import NothingSelected, UsageError
from harness.model.package import Interpreter
from harness.model.plan import Axis, Value
from harness.model.spec import CanarySpec, ProjectSpec
from harness.model.wheel import Wheel
from harness.workflow.declared import chosen, of_axes, of_project

PYTHON = Interpreter(
    path="/python", version="3.12.1", implementation="CPython", build="b", platform="linux-x86_64", sqlite_version="3"
)


@pytest.fixture
def project() -> Callable[..., CanarySpec]:
    """Returns a builder of projects whose wheel has these Requires-Dist."""

    def build(*requires: str) -> CanarySpec:
        wheel = Wheel(name="shop", version="1", file="shop-1-py3-none-any.whl", digest="0", requires=requires)
        return CanarySpec(
            name="shop",
            path=Path("shop"),
            settings="",
            project=ProjectSpec(install=(".[test]",), wheels=(("3.12", wheel),)),
            requires=("pytest", "coverage"),
        )

    return build


def test_a_project_s_own_dependencies(project) -> None:
    """Those of its wheel that apply on this Python, extras left out; not the rest of what is installed."""
    canary = project(
        "Django<6,>=4.2",
        "shop[test]; extra == 'all'",
        "pytest>=8; extra == 'test'",
        "tomli; python_version < '3.11'",
        "Some_Thing[x]!=2; python_version >= '3.11'",
        "own @ https://example.org/own.whl",
    )
    found = of_project(canary, PYTHON)
    assert [(one.name, one.specifier) for one in found] == [("django", "<6,>=4.2"), ("some-thing", "!=2"), ("own", "")]
    assert found[1].requirement == 'Some_Thing[x]!=2; python_version >= "3.11"'
    assert [bool(one.trouble) for one in found] == [False, False, True]


def test_lines_about_one_package_hold_together(project) -> None:
    """Two lines that apply are one dependency with both specifiers."""
    (found,) = of_project(project("sqlparse>=0.3", "sqlparse<1; python_version > '3'"), PYTHON)
    assert found.specifier == "<1,>=0.3"


def test_a_project_that_is_not_installed_itself(tmp_path: Path) -> None:
    """Its requirement lines are what it declares; constraints ask for nothing."""
    (tmp_path / "requirements.txt").write_text("toolz>=0.9\n", encoding="utf-8")
    (tmp_path / "constraints.txt").write_text("sqlparse<1\n", encoding="utf-8")
    install = ("-r requirements.txt", "-c constraints.txt", "django>=5")
    canary = CanarySpec(name="shop", path=tmp_path, settings="", project=ProjectSpec(install=install))
    assert [(one.name, one.specifier) for one in of_project(canary, PYTHON)] == [("django", ">=5"), ("toolz", ">=0.9")]


def test_the_lowest_of_an_axis_is_what_the_matrix_says() -> None:
    """By version, whatever the order; axes that are no packages have no bound."""
    values = tuple(Value(requested=text, exact=f"{text}.1") for text in ("6.0", "5.2", "10.0"))
    axes = (Axis(name="django", values=values), Axis(name="python", values=(Value(requested="3.12", exact="3.12.1"),)))
    (found,) = of_axes(axes)
    assert (found.name, found.specifier, found.is_axis_only) == ("django", ">=5.2.1", True)


def test_some_are_chosen(project) -> None:
    """By any spelling, once each; what is not declared is refused, with the nearest that is."""
    declared = of_project(project("Django>=4.2", "some-thing"), PYTHON)
    assert chosen(declared, (), "shop") == declared
    assert [one.name for one in chosen(declared, ("Some_Thing", "some.thing"), "shop")] == ["some-thing"]
    with pytest.raises(UsageError, match="'jango' is no direct dependency of shop; nearest: django"):
        chosen(declared, ("jango",), "shop")
    with pytest.raises(NothingSelected, match="shop declares no dependency"):
        chosen((), (), "shop")
