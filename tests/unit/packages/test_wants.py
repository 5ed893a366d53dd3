"""What a project's `install` lines ask for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.markers import Marker, default_environment
from packaging.requirements import Requirement

from harness.errors import UsageError
from harness.model.wheel import Wheel
from harness.packages.wants import files, is_editable, requirements, wants_itself


@pytest.fixture
def wheel() -> Callable[..., Wheel]:
    """Returns a builder of wheels of a project called shop, with these Requires-Dist."""

    def build(*requires: str) -> Wheel:
        return Wheel(name="shop", version="1.2", file="shop-1.2-py3-none-any.whl", digest="00", requires=requires)

    return build


@pytest.mark.parametrize(
    ("line", "itself", "editable"),
    [
        (".", True, False),
        (".[test]", True, False),
        ("-e .", True, True),
        ("-e .[a,b]", True, True),
        ("--editable .", True, True),
        ("-r requirements.txt", False, False),
        ("requests", False, False),
        ("--group test", False, False),
    ],
)
def test_a_line_installs_the_project_or_something_else(line: str, itself: bool, editable: bool) -> None:
    """Only the project itself, with extras or not, is built; ``-e`` says that its files are used where they lie."""
    assert (wants_itself([line]), is_editable([line])) == (itself, editable)


def test_a_wheel_asks_for_its_dependencies_and_those_of_its_extras(wheel: Callable[..., Wheel]) -> None:
    """Extras that were not asked for bring nothing; markers that are no extra's stay."""
    built = wheel(
        "django>=5.2",
        'tzdata ; sys_platform == "win32"',
        'pytest ; extra == "test"',
        "pytest-cov; python_version < '3.12' and extra == 'test'",
        'sphinx; extra == "docs"',
    )
    assert requirements(["."], Path(), built) == ("django>=5.2", 'tzdata ; sys_platform == "win32"')
    found = requirements([".[test]"], Path(), built)
    assert [Requirement(text).name for text in found] == ["django", "pytest", "pytest-cov", "tzdata"]
    marker = next(Requirement(text).marker for text in found if "cov" in text)
    assert marker is not None
    assert marker.evaluate({"python_version": "3.11"})
    assert not marker.evaluate({"python_version": "3.13"})


def test_an_extra_may_be_made_of_others(wheel: Callable[..., Wheel]) -> None:
    """``shop[test]`` within an extra of shop means its extra, in whatever spelling, and no package of the index."""
    built = wheel('Shop[Web_UI] ; extra == "all"', 'shop[all]; extra == "web-ui"', 'htmx ; extra == "web-ui"')
    assert requirements([".[ALL]"], Path(), built) == ("htmx",)


def test_a_marker_keeps_its_meaning_without_the_extra(wheel: Callable[..., Wheel]) -> None:
    """Whatever stands beside the extra decides as it did before."""
    text = '(python_version < "3.12" or sys_platform == "linux") and extra == "test"'
    (found,) = requirements([".[test]"], Path(), wheel(f"x ; {text}"))
    left = Requirement(found).marker
    assert left is not None
    for version in ("3.11", "3.13"):
        for platform in ("linux", "darwin"):
            env = {**default_environment(), "python_version": version, "sys_platform": platform}
            assert left.evaluate(env) is Marker(text).evaluate({**env, "extra": "test"})


def test_requirement_files_are_read_with_what_they_include(tmp_path: Path, wheel: Callable[..., Wheel]) -> None:
    """Nested files, constraints, comments and hashes are understood; the project itself stands for what it asks for."""
    (tmp_path / "test.txt").write_text("-r base.txt\n-c limits.txt\npytest==9.0.1 --hash=sha256:aa  # why\n-e .[web]\n")
    (tmp_path / "base.txt").write_text("Django>=5 ; python_version > '3.8'\n")
    (tmp_path / "limits.txt").write_text("sqlparse<0.6\n")
    built = wheel('htmx ; extra == "web"')
    assert requirements(["-r test.txt"], tmp_path, built) == (
        "-c sqlparse<0.6",
        'Django>=5 ; python_version > "3.8"',
        "htmx",
        "pytest==9.0.1",
    )
    assert requirements(["-c limits.txt", "six"], tmp_path, None) == ("-c sqlparse<0.6", "six")
    assert files(["-r a.txt", ".", "--constraint b.txt"]) == ("a.txt", "b.txt")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("git+https://example.org/x.git#egg=x\n", "cannot be locked"),
        ("./libs/other\n", "only the project itself"),
        ("???\n", "'???'"),
        ("-r gone.txt\n", "gone.txt"),
    ],
)
def test_what_cannot_be_locked_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """A line that no lock can hold is an error that quotes it."""
    (tmp_path / "r.txt").write_text(text)
    with pytest.raises(UsageError, match=r"r\.txt") as caught:
        requirements(["-r r.txt"], tmp_path, None)
    assert words in str(caught.value)


def test_dependency_groups_are_read(tmp_path: Path) -> None:
    """A group may include another; one that is not there is an error."""
    (tmp_path / "pyproject.toml").write_text(
        '[dependency-groups]\ntest = ["pytest", {include-group = "db"}]\ndb = ["psycopg[binary]"]\n'
    )
    assert requirements(["--group test"], tmp_path, None) == ("psycopg[binary]", "pytest")
    with pytest.raises(UsageError, match="--group lint"):
        requirements(["--group lint"], tmp_path, None)
