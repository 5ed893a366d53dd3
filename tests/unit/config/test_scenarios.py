"""Canaries that are another one with a change."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.model.spec import Change

SCENARIOS = """
[canary.bare]
base = "seed"
remove = "*/migrations/0*.py"
prepare = [["manage.py", "check"]]

[canary.bare-patched]
base = "bare"
overlay = "canaries/patch"
settings = "config.settings.other"
args = ["-x"]
prepare = [["manage.py", "migrate"]]
"""


@pytest.fixture
def patched(tmp_path: Path, read) -> Path:
    """The folder that is laid over."""
    (tmp_path / "canaries" / "patch").mkdir()
    return tmp_path / "canaries" / "patch"


def test_a_scenario_has_what_it_does_not_write_from_its_base(good: str, read, patched: Path) -> None:
    """Its folder and settings, through as many bases as there are; a key that it writes is its own."""
    spec = read(good.replace('["seed"]', '["seed", "bare", "bare-patched"]') + SCENARIOS)
    seed, bare, both = (spec.canary(name) for name in ("seed", "bare", "bare-patched"))
    assert seed.path == bare.path == both.path
    assert (seed.settings, bare.settings, both.settings) == (seed.settings, seed.settings, "config.settings.other")
    assert (bare.args, both.args) == ((), ("-x",))
    assert (seed.changes, seed.prepare) == ((), ())


def test_changes_and_preparations_add_up(good: str, read, patched: Path) -> None:
    """A base's come first."""
    spec = read(good + SCENARIOS)
    removed = Change(remove=("*/migrations/0*.py",))
    assert spec.canary("bare").changes == (removed,)
    assert spec.canary("bare-patched").changes == (removed, Change(overlay=patched.resolve()))
    assert spec.canary("bare-patched").prepare == (("manage.py", "check"), ("manage.py", "migrate"))


def test_a_change_needs_no_base(good: str, read, patched: Path) -> None:
    """A project of one's own, with a settings file for the tests laid over it."""
    spec = read(good + 'overlay = "canaries/patch"\n')
    assert spec.canary("seed").changes == (Change(overlay=patched.resolve()),)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            '[canary.a]\nbase = "sed"\n',
            ["canary.a.base: 'sed' is not defined: there is no [canary.sed]; nearest: seed"],
        ),
        ('[canary.a]\nbase = "seed"\npath = "canaries/seed"\n', ["canary.a.path: is that of its base 'seed'"]),
        ('[canary.a]\nbase = "a"\n', ["canary.a.base: leads back to itself: a → a"]),
        (
            '[canary.a]\nbase = "b"\n[canary.b]\nbase = "a"\n',
            ["canary.a.base: leads back to itself: a → b → a", "canary.b.base: leads back to itself: b → a → b"],
        ),
        ("[canary.a]\nargs = []\n", ["canary.a.path: is missing", "canary.a.settings: is missing"]),
        ('[canary.a]\nbase = "seed"\noverlay = "canaries/sed"\n', ["'canaries/sed' is not a folder; nearest: seed"]),
        ('[canary.a]\nbase = "seed"\nprepare = [[]]\n', ["canary.a.prepare number 1: has no value"]),
        ('[canary.a]\nbase = "seed"\nremove = 3\n', ["canary.a.remove: needs a list"]),
    ],
)
def test_a_base_that_cannot_be_meant_is_refused(more: str, words: list[str], good: str, refuse) -> None:
    """Each message names the key and what may have been meant."""
    message = refuse(good + more)
    assert all(word in message for word in words), message


def test_a_mistake_further_up_is_told_once(good: str, refuse) -> None:
    """By the canary that makes it."""
    message = refuse(good + '[canary.a]\nbase = "b"\n[canary.b]\nbase = "nowhere"\n')
    assert message.count("is not defined") == 1
