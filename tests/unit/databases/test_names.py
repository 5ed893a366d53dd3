"""Names of leases."""

from hypothesis import given
from hypothesis import strategies as st

from harness.databases.names import lease_names, name_of_test, owner_of, slug

LABELS = st.text(min_size=1, max_size=60)


@given(label=LABELS, alias=LABELS)
def test_names_fit_every_server(label: str, alias: str) -> None:
    """MySQL's users have at most 32 characters, PostgreSQL's databases 63, with a worker's and a clone's suffix."""
    names = lease_names("1anlg430", label, (alias,))
    assert len(names.role) <= 32
    (_, database) = names.databases[0]
    assert len(name_of_test(database) + "_gw99_9") <= 63
    assert set(name_of_test(database)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


@given(first=LABELS, second=LABELS)
def test_a_lease_never_owns_another_ones_databases(first: str, second: str) -> None:
    """Labels that differ give roles of which none is a prefix of the other's databases."""
    ours, theirs = lease_names("1anlg430", first, ("default",)), lease_names("1anlg430", second, ("default",))
    if first != second:
        assert not ours.owns(theirs.databases[0][1])
    assert ours.owns(name_of_test(ours.databases[0][1]) + "_gw1")


def test_labels_that_differ_in_case_alone_are_told_apart() -> None:
    """What had to be changed carries a hash of what it was."""
    assert slug("ABC", 15) != slug("abc", 15) == "abc"


def test_only_our_names_have_an_owner() -> None:
    """A user's database whose name merely begins with harness is nobody's."""
    assert owner_of("harness_1anlg430_abc") == "1anlg430"
    assert owner_of("harness_1anlg430_abc_default_t_gw0") == "1anlg430"
    for foreign in (
        "harness_test",
        "harness_production_users",
        "harness_1anlg430",
        "myharness_1anlg430_a",
        "harness_1ANLG430_a",
    ):
        assert owner_of(foreign) == ""
