"""What can never meet is known before anything is resolved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.model.package import Interpreter, Release
from harness.model.plan import Axis, Nogood, Value, Why
from harness.packages.feasibility import nogoods

TAGS = ("cp312-cp312-manylinux_2_17_x86_64", "py3-none-any")


@pytest.fixture
def judge(
    release: Callable[..., Release], interpreter: Callable[..., Interpreter]
) -> Callable[..., tuple[Nogood, ...]]:
    """Hold one release against Python 3.12.1, with 3.14 missing."""

    def ask(*, allow_build: tuple[str, ...] = (), **more: object) -> tuple[Nogood, ...]:
        axes = (
            Axis(name="canary", values=(Value(requested="seed"),)),
            Axis(name="django", values=(Value(requested="6.0", exact="6.0.1"),)),
            Axis(name="python", values=(Value(requested="3.12", exact="3.12.1"), Value(requested="==3.14"))),
        )
        found = nogoods(
            axes,
            releases={("django", "6.0"): release("6.0.1", **more)},
            interpreters={"3.12": interpreter("3.12.1", tags=TAGS), "==3.14": None},
            looked_in="PATH",
            allow_build=allow_build,
        )
        assert found[0] == Nogood(
            values=(("python", "==3.14"),),
            why=Why.NO_INTERPRETER,
            detail="no Python 3.14 was found in PATH",
            remedy="uv python install 3.14",
        )
        return found[1:]

    return ask


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"requires_python": ">=3.12"},
        {"requires_python": "!=3.12.0.*"},
        {"requires_python": "rubbish"},
        {"wheel_tags": ("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",)},
        {"wheel_tags": ("cp311-cp311-win32", "py2.py3-none-any")},
    ],
)
def test_feasible(judge: Callable[..., tuple[Nogood, ...]], more: dict[str, object]) -> None:
    """Only the missing interpreter is named."""
    assert judge(**more) == ()


def test_requires_python(judge: Callable[..., tuple[Nogood, ...]]) -> None:
    """Exact version against exact version."""
    (nogood,) = judge(requires_python=">=3.12.2")
    assert nogood.values == (("django", "6.0"), ("python", "3.12"))
    assert nogood.why is Why.REQUIRES_PYTHON
    assert nogood.detail == "django 6.0.1 requires Python >=3.12.2, this is 3.12.1"


def test_no_wheel(judge: Callable[..., tuple[Nogood, ...]]) -> None:
    """None at all, or none that fits; building has to be allowed, and needs a source distribution."""
    (nogood,) = judge(wheel_tags=("cp311-cp311-win32",), has_sdist=True)
    assert nogood.why is Why.NO_WHEEL
    assert nogood.detail == "django 6.0.1 has no wheel that fits CPython 3.12.1 on linux-x86_64"
    assert nogood.remedy == 'add "django" to allow_build'
    assert judge(wheel_tags=(), has_sdist=True, allow_build=("Django",)) == ()
    (nogood,) = judge(wheel_tags=(), has_sdist=False, allow_build=("Django",))
    assert (nogood.detail, nogood.remedy) == ("django 6.0.1 has no wheel CPython 3.12.1 on linux-x86_64", "")
