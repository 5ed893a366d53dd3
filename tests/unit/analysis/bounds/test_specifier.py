"""Lower bounds of requirements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.analysis.bounds.specifier import has_lower, proposed, requirement


@pytest.mark.parametrize(
    ("declared", "is_so"),
    [("", False), ("<3", False), ("!=1.5", False), (">=1", True), (">1", True), ("~=1.4", True), ("==1.*", True)],
)
def test_whether_there_is_a_bound(declared, is_so) -> None:
    """Whatever leaves no room downwards is one."""
    assert has_lower(declared) is is_so


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("", ">=1.6"),
        (">=1.2", ">=1.6"),
        (">1.2,<3", ">=1.6,<3"),
        (">=1,!=1.7.0,<2", ">=1.6,<2,!=1.7.0"),
        ("~=1.4", ">=1.6,==1.*"),
        ("~=1.4.2", ">=1.6,==1.4.*"),
        ("~=2.2.post3", ">=1.6,==2.*"),
        ("==1.*", ">=1.6,==1.*"),
    ],
)
def test_only_the_lower_bound_changes(declared, expected) -> None:
    """Upper bounds, series and exclusions stay."""
    assert proposed(declared, "1.6") == expected


VERSIONS = st.builds("{}.{}".format, st.integers(0, 3), st.integers(0, 5))
CLAUSES = st.builds("{}{}".format, st.sampled_from([">=", ">", "<", "<=", "!=", "~="]), VERSIONS)


@given(st.lists(CLAUSES, max_size=4), VERSIONS, VERSIONS)
def test_it_allows_what_was_allowed_from_there_on(clauses, bound, version) -> None:
    """A version is allowed by the proposal if it was before and is not below; for `>` and `~=`, the bound is at least
    theirs, as a release found within them is."""
    declared = SpecifierSet(",".join(clauses))
    if not declared.contains(bound):
        return
    is_allowed = SpecifierSet(proposed(str(declared), bound)).contains(version)
    assert is_allowed == (declared.contains(version) and Version(version) >= Version(bound))


def test_a_requirement_keeps_the_rest() -> None:
    """Extras and marker stay as they are."""
    text = 'Some_Thing[b,a]>=1; python_version < "3.12"'
    assert requirement(text, ">=2,<3") == 'Some_Thing[a,b]>=2,<3; python_version < "3.12"'
