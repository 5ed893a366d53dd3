"""Which packages come as source alone."""

from __future__ import annotations

import pytest

from harness.model.package import Release
from harness.workflow.init_index import has_wheel


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
