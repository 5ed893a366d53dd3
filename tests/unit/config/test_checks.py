"""What is well formed but cannot mean anything is refused."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('django = ["5.2", "6.0"]', "django = []", ["matrix.django: has no value"]),
        ('python = ["3.12"]', "python = []", ["matrix.python: has no value"]),
        ('python = ["3.12"]', 'python = ["3.12", "3.12"]', ['matrix.python: "3.12" is there 2 times']),
        (
            'django = ["5.2", "6.0"]',
            'django = [{ since = "4.2" }, { since = "4.2", per = "minor" }]',
            ['matrix.django: { since = "4.2", per = "minor" } is there 2 times'],
        ),
        ('python = ["3.12"]', 'python = ["latest"]', ["matrix.python number 1: 'latest' is not a version of Python"]),
        ('["4.12"]', '["<5"]', ["matrix.pytest-django number 1: '<5' is not a version: write \"6.0\""]),
        ('["4.12"]', '["latset"]', ["'latset' is not a version", "nearest: latest"]),
        ('["4.12"]', '["==4.x"]', ["'==4.x' is not a version"]),
        ('["4.12"]', '[""]', ["matrix.pytest-django number 1: has no value"]),
        ('["4.12"]', '[{ since = "four" }]', ["matrix.pytest-django number 1: since: 'four' is no version"]),
        ('["4.12"]', '[{ since = "5", until = "4" }]', ["until '4' comes before since '5'"]),
        ("pytest-django =", 'Pytest_Django = ["4.13"]\npytest-django =', ["is the same axis as matrix.", "keep one"]),
        ('canary = ["seed"]', 'canary = ["seed"]\nmodes = ["xdist"]', ["matrix.modes number 1", "nearest: mode"]),
        ('canary = ["seed"]', 'canary = ["seed"]\n"a b" = ["1"]', ["matrix.a b: is neither", "nor a package's name"]),
        ('canary = ["seed"]', 'canaries = ["seed"]', ["matrix.canary: is missing; nearest: canaries"]),
        ('["seed"]', '["sead"]', ["matrix.canary number 1: 'sead' is not defined", "[canary.sead]; nearest: seed"]),
        ('["seed"]', '["seed"]\nmode = ["xdits"]', ["matrix.mode number 1: 'xdits' is not a mode; nearest: xdist"]),
        ('["seed"]', '["seed"]\nmode = ["q"]', ["'q' is not a mode; known: create-db, migrations, nomigrations"]),
        (
            '"postgres-17"]',
            '"sqlite-mem"]',
            ["matrix.database number 2: 'sqlite-mem' is not defined", "nearest: sqlite-memory"],
        ),
        ("canaries/seed", "canaries/sead", ["canary.seed.path: 'canaries/sead' is not a folder; nearest: seed"]),
        ("canaries/seed", "nowhere/seed", ["canary.seed.path: 'nowhere/seed' is not a folder"]),
        ("canaries/seed", "canaries/empty", ["canary.seed.path: 'canaries/empty' holds no manage.py"]),
        ("path =", 'requires = "=django"\npath =', ["canary.seed.requires: '=django' is not a requirement"]),
        ('version = "17"', "", ["database.postgres-17.version: is missing", 'version = "17"']),
        ('version = "17"', 'version = "17"\ndriver = "!"', ["database.postgres-17.driver: '!' is not a requirement"]),
        (
            'version = "17"',
            'version = "17"\nproviders = ["sqlite"]',
            ["database.postgres-17.providers: 'sqlite' cannot serve postgresql; it can be docker, embedded, url"],
        ),
        ('version = "17"', 'version = "17"\nproviders = ["url"]', ["database.postgres-17.url_env: is missing"]),
        ('"postgresql"', '"mysql"\nproviders = ["embedded"]', ["'embedded' cannot serve mysql; it can be docker, url"]),
        ('"postgresql"\nversion = "17"', '"sqlite"\nversion = "fil"', ["'fil' is not one of", "nearest: file"]),
        ("[database.", "[run]\nallow_build = ['-']\n[database.", ["run.allow_build"]),
        ("[database.", "[run]\nallow_build = ['a-']\n[database.", ["run.allow_build: 'a-' is not a package's name"]),
        (
            "[database.",
            "[profile.p]\naxes = { djago = '6.0' }\n[database.",
            ["profile.p.axes.djago: there is no such axis in [matrix]; nearest: django"],
        ),
        ("[database.", "[profile.p]\naxes = { django = [] }\n[database.", ["profile.p.axes.django: has no value"]),
    ],
)
def test_what_cannot_be_meant_is_refused(old: str, new: str, words: list[str], good: str, refuse) -> None:
    """Each check names the key, what is wrong with it and the nearest that there is."""
    assert old in good
    message = refuse(good.replace(old, new))
    assert all(word in message for word in words), message


def test_lacks_are_conditions_too(good: str, refuse) -> None:
    """An axis that is not there is refused in a canary's lacks as well."""
    lacks = '[[canary.seed.lacks]]\ntests = "*"\nwhen = { mod = "xdist" }\nreason = "r"\n'
    message = refuse(good + lacks)
    assert "canary.seed.lacks number 1: when.mod: there is no such axis in [matrix]; nearest: mode" in message


@pytest.mark.parametrize("value", ["6", "6.0", "6.0.1", "==6.0.1", "==6.1rc1", "latest", "pre", "lowest"])
def test_every_way_to_ask_for_a_version_is_taken(value: str, good: str, read) -> None:
    """Series, versions, exact versions and the three words."""
    spec = read(good.replace('["4.12"]', f'["{value}"]'))
    assert spec.axis("pytest-django").values == (value,)
