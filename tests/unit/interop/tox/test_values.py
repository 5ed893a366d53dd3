"""Which axis value a requirement comes to."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from harness.interop.tox.values import merged, pick
from harness.model.package import Release

DJANGO = {
    "4.2.0": ">=3.8",
    "4.2.9": ">=3.8",
    "5.1.4": ">=3.10",
    "5.2.0": ">=3.10",
    "5.2.8": ">=3.10",
    "6.0a1": ">=3.12",
}


def releases(_name):
    """Return what an index might hold."""
    return [Release(name="django", version=version, requires_python=python) for version, python in DJANGO.items()]


@pytest.mark.parametrize(
    ("text", "python", "value"),
    [
        ("Django>=5.2,<6.0", "3.12", "5.2"),
        ("Django~=5.2.0", "3.12", "5.2"),
        ("Django==5.2.*", "3.12", "5.2"),
        ("Django~=5.0", "3.12", "5.2"),
        ("Django>=5.0,<5.2", "3.12", "5.1"),
        ("Django", "3.12", "5.2"),
        ("Django", "3.9", "4.2"),
        ("Django>=4.2,<5", "3.12", "4.2"),
        ("Django==5.2.0", "3.12", "==5.2.0"),
        ("Django>=5.2,<5.2.5", "3.12", "==5.2.0"),
        ("Django==5.2.8", "3.12", "==5.2.8"),
        ("Django>=6.0a1,<6.1", "3.12", "==6.0a1"),
        ("Django>=6.0,<6.1", "3.12", None),
        ("Django>=5.2", "3.9", None),
    ],
)
def test_a_requirement_comes_to_what_an_installer_takes(text, python, value):
    """The value stands for just that release today, and no other; where there is none, it is said."""
    found = pick(Requirement(text), python, releases)
    assert (found.value if found else None) == value


def test_several_requirements_hold_together():
    """As an installer takes them."""
    one = merged([Requirement("django>=4.2"), Requirement("Django[argon2]<5.2")])
    assert (str(one.specifier), one.extras) == ("<5.2,>=4.2", {"argon2"})
