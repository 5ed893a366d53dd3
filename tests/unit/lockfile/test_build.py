"""What was resolved comes into one order, whichever order it came in; what others locked is kept while it holds."""

from __future__ import annotations

import itertools

import pytest

from harness.lockfile.build import environments, impossible, kept, lasting, servers, without_registry
from harness.model.lockfile import Question
from harness.model.package import Lock

HERE, THERE = "3.12 linux-x86_64", "3.12 macosx-14.0-arm64"


def test_each_lock_stands_once(make_pin) -> None:
    """With every question that it answers, in whatever order they were asked."""
    one, other = Lock(pins=(make_pin("a", "1"),)), Lock(pins=(make_pin("a", "2"),))
    found = {(("a==1",), HERE): one, (("a==1",), THERE): one, (("a<2",), HERE): one, (("a",), HERE): other}
    made = {environments(dict(order)) for order in itertools.permutations(found.items())}
    (only,) = made
    assert [(item.lock, item.questions) for item in only] == [
        (other, (Question(requires=("a",), on=(HERE,)),)),
        (one, (Question(requires=("a<2",), on=(HERE,)), Question(requires=("a==1",), on=(HERE, THERE)))),
    ]


def test_what_cannot_be_met_stands_once_per_words() -> None:
    """Without addresses."""
    words = "no versions of a were found at `https://user@index.test/simple/a/`.  \n"
    (made,) = impossible({(("a",), HERE): words, (("a",), THERE): words})
    assert made.question.on == (HERE, THERE)
    assert made.words == "no versions of a were found at `(address)`."


def test_other_machines_entries_are_kept_while_the_matrix_can_ask_them(lock) -> None:
    """Not those for Pythons that are here, nor those with requirements that no cell has any more."""
    allowed = {"django==6.0.3", "pytest==9.0.2", "django-tenants"}
    locks, words = kept(lock, here=["3.13 linux-x86_64"], pythons=["3.12", "3.13"], allowed=allowed)
    assert list(locks) == [(("django==6.0.3", "pytest==9.0.2"), HERE)]
    assert list(words) == [(("django-tenants", "pytest==9.0.2"), HERE)]
    assert kept(lock, here=[HERE, "3.13 linux-x86_64"], pythons=["3.12", "3.13"], allowed=allowed) == ({}, {})


@pytest.mark.parametrize(("pythons", "is_kept"), [(["3.11"], False), (["3.1"], False), (["==3.12.1"], True)])
def test_entries_of_a_python_that_the_matrix_no_longer_names_go(lock, pythons: list[str], is_kept: bool) -> None:
    """Though it is not here: else a matrix that named it once would have another lock than one that never did."""
    allowed = {"django==6.0.3", "pytest==9.0.2", "django-tenants"}
    locks, words = kept(lock, here=["3.11 linux-x86_64"], pythons=pythons, allowed=allowed)
    assert (HERE in {target for _, target in locks}, bool(words)) == (is_kept, is_kept)


def test_servers_stay_until_they_are_renewed(make_server) -> None:
    """Those of other platforms and providers, too; those of databases that are gone do not."""
    old = [
        make_server("17.9"),
        make_server("17.8", platform="darwin-arm64"),
        make_server("13.1", database="postgres-13"),
    ]
    seen = [make_server("17.10"), make_server("17.7", source="npm")]
    stay = servers(old, seen, databases=["postgres-17"], is_renewed=False)
    assert [one.version for one in stay] == ["17.7", "17.8", "17.9"]
    renewed = servers(old, seen, databases=["postgres-17"], is_renewed=True)
    assert [one.version for one in renewed] == ["17.7", "17.8", "17.10"]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("postgres:17", "postgres:17"),
        ("harness/postgres:17", "harness/postgres:17"),
        ("registry.test/team/postgres:17", "team/postgres:17"),
        ("localhost:5000/postgres:17", "postgres:17"),
        ("localhost/postgres:17", "postgres:17"),
    ],
)
def test_an_image_has_no_host(image: str, expected: str) -> None:
    """Whose registry it came from is not told."""
    assert without_registry(image) == expected


def test_hints_do_not_last() -> None:
    """They name what was uploaded after the date; all else stays as it is, but for blanks at ends of lines."""
    assert lasting("a>=1 \n  and b\n\nhint: the latest is 3\n") == "a>=1\n  and b"
    assert lasting("a>=1, no hint: none") == "a>=1, no hint: none"
