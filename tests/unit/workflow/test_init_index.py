"""Which packages come as source alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from harness.model.package import Release
from harness.workflow import init_index
from harness.workflow.init_index import has_wheel
from harness.workflow.place import Place


@pytest.mark.parametrize(
    ("tags", "python", "expected"),
    [
        (("py3-none-any",), "3.12", True),
        (("py2.py3-none-any",), "3.12", True),
        (("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",), "3.12", True),
        (("cp311-cp311-manylinux_2_17_x86_64",), "3.12", False),
        (("cp311-cp311-manylinux_2_17_x86_64",), "", True),
        (("cp38-abi3-manylinux_2_17_x86_64",), "3.12", True),
        (("cp312-cp312-win_amd64", "cp312-cp312-macosx_11_0_arm64"), "3.12", False),
        (("cp312-cp312-win_amd64",), "", False),
        ((), "3.12", False),
    ],
)
def test_a_wheel_for_linux(tags: tuple[str, ...], python: str, expected: bool) -> None:
    """And for the Python, where one is named."""
    assert has_wheel(Release(name="x", version="1", wheel_tags=tags, has_sdist=True), python) is expected


def test_what_has_no_source_is_nothing_to_build() -> None:
    """There is nothing that could be allowed."""
    assert has_wheel(Release(name="x", version="1", wheel_tags=("cp312-cp312-win_amd64",), has_sdist=False), "3.12")


def test_what_is_brought_along_is_built_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A resolver is asked for all requirements that an index can know, with what is known to be built already."""
    monkeypatch.setattr(init_index, "unbuilt", lambda requirements, pythons, place: frozenset({"graphene-django"}))
    place = Place(
        matrix=tmp_path / "matrix.toml", state=tmp_path, cache=tmp_path, environ={}, now=lambda: dt.datetime.now(dt.UTC)
    )
    asked = []

    def resolve(requirements: tuple[str, ...], python: str, built: tuple[str, ...]) -> str:
        asked.append((requirements, python, built))
        return "" if "promise" in built else "Because promise==2.3 has no usable wheels and so on"

    requirements = ("graphene-django", "shop @ https://example.invalid/shop.whl", "-r odd", "django>=5")
    found = init_index.to_be_built(requirements, ("3.12",), place, resolve)
    assert found == {"graphene-django", "promise"}
    wanted = ("django>=5", "graphene-django")
    assert asked == [
        (wanted, "3.12", ("graphene-django",)),
        (wanted, "3.12", ("graphene-django", "promise")),
    ]
    assert init_index.to_be_built((), ("3.12",), place, resolve) == {"graphene-django"}
