"""Bad input, on the command line: one message that names file, key, nearest; never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

SPOILT = {
    "unknown-key": ('settings = "settings"', 'setings = "settings"', "canary.minimal.setings", "settings"),
    "unknown-table": ("[run]", "[rum]", "rum", "run"),
    "unknown-run-key": ("[run]\n", "[run]\njob = 2\n", "run.job", "jobs"),
    "wrong-type": ("[run]\n", '[run]\njobs = "two"\n', "run.jobs", '"two"'),
    "axis-as-text": ('django = ["5.2"]', 'django = "5.2"', "matrix.django", '["5.2"]'),
    "axis-without-a-value": ('django = ["5.2"]', "django = []", "matrix.django", "no value"),
    "axis-as-number": ('django = ["5.2"]', "django = [5.2]", "matrix.django", "5.2"),
    "unknown-canary": ('canary = ["minimal"]', 'canary = ["minimum"]', "matrix.canary", "minimal"),
    "unknown-database": ('["sqlite-memory"]', '["sqlite-memry"]', "matrix.database", "sqlite-memory"),
    "unknown-mode": ('mode = ["migrations"]', 'mode = ["migration"]', "matrix.mode", "migrations"),
    "not-toml": ("[matrix]", "[matrix", "line 1", "]"),
}
RULE = '\n[[exclude]]\nwhen = {{ {when} }}\nreason = "a test"\n'
RULES = {
    "when-names-no-axis": ('djnago = "5.2"', "djnago", "django"),
    "when-matches-no-version": ('django = "5.1"', "when.django", "5.2"),
    "when-matches-no-specifier": ('django = "<4"', "'<4'", "5.2"),
    "when-matches-no-name": ('database = "sqlite-file"', "when.database", "sqlite-memory"),
}


def refused(ran, *words: str) -> None:
    """Exit 4 with one message, all *words* in it; nothing on stdout, no traceback."""
    assert ran.code == 4, ran.err
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert sum(line.startswith("harness: ") for line in ran.err.splitlines()) == 1
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_matrix_is_refused_with_file_key_and_remedy(name: str, checkout, matrix) -> None:
    """Exit 4; the message names the file, the key and the nearest that would be right."""
    old, new, key, nearest = SPOILT[name]
    text = matrix()
    assert old in text
    refused(checkout.matrix(text.replace(old, new, 1)).run(), "matrix.toml", key, nearest)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_that_matches_nothing_is_refused(name: str, checkout, matrix) -> None:
    """Exit 4 with the entry, its `when` and what the axis has: such a rule is a slip or has had its day."""
    when, *words = RULES[name]
    refused(checkout.matrix(matrix(more=RULE.format(when=when))).run(), "matrix.toml", "exclude", *words)


def test_an_expired_rule_is_refused(checkout, matrix) -> None:
    """Exit 4: a rule is good until its day, and not a day longer."""
    more = '[[expect]]\nwhen = { canary = "minimal" }\nreason = "known"\nuntil = 2020-01-01\n'
    refused(checkout.matrix(matrix(more=more)).run(), "matrix.toml", "expect", "2020-01-01")


def test_a_missing_canary_folder_is_refused(checkout, matrix, find_canary) -> None:
    """Exit 4 with the path and the folder beside it that may have been meant."""
    folder = str(find_canary("minimal"))
    text = matrix().replace(f'"{folder}"', f'"{folder[:-1]}"')
    refused(checkout.matrix(text).run(), "matrix.toml", "canary.minimal.path", "nearest", "minimal")


def test_a_missing_matrix_is_refused(checkout) -> None:
    """Exit 4 with how to name another file."""
    refused(checkout.run(), "matrix.toml", "--matrix")


def test_an_unknown_package_is_refused_with_the_nearest(checkout, matrix) -> None:
    """Exit 4: the index has no such package, and those like it are named."""
    packages = {"django": ["5.2"], "pytest-djago-harness-typo": ["4.12"], "pytest": ["9"]}
    refused(checkout.matrix(matrix(packages=packages)).run(), "pytest-djago-harness-typo", "nearest", "pytest-django")


@pytest.mark.parametrize(
    ("value", "existing"), [("5.9", "5.2"), ("==5.2.999", "5.2."), ("99", "6")], ids=["series", "exact", "major"]
)
def test_an_unknown_version_is_refused_with_the_nearest(value: str, existing: str, checkout, matrix) -> None:
    """Exit 4 with existing versions."""
    packages = {"django": [value], "pytest-django": ["4.12"], "pytest": ["9"]}
    ran = checkout.matrix(matrix(packages=packages)).run()
    refused(ran, "django", value.removeprefix("=="), existing)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--rernu"],
        ["run", "--control", "sometimes"],
        ["run", "--jobs", "many"],
        ["rum"],
        ["run", "--provider", "dokcer"],
        ["run", "--axis", "django"],
        ["run", "--axis", "djnago=5.2"],
        ["run", "--axis", "django=5.1"],
        ["run", "--profile", "fast"],
        ["run", "--as-of", "yesterday"],
        ["run", "--as-of", "2999-01-01"],
        ["run", "-k", "minimal and ("],
        ["run", "--cell", "django=5.2"],
        ["show", "nothing"],
        ["config", "schema", "no-such-document"],
        ["gc", "--days", "-1"],
    ],
    ids=" ".join,
)
def test_an_option_that_cannot_be_read_is_refused(arguments: list[str], checkout, matrix) -> None:
    """Exit 4, typer's own usage errors included, with a word on what would be right."""
    refused(checkout.matrix(matrix()).harness(*arguments), "harness: ")


@pytest.mark.parametrize(
    "arguments",
    [["-k", "no-such-cell"], ["--last-failed"], ["--last-failed", "-k", "minimal"]],
    ids=" ".join,
)
def test_an_empty_selection_ends_5(arguments: list[str], checkout, matrix) -> None:
    """Exit 5, and a word on what can be selected."""
    ran = checkout.matrix(matrix()).run(*arguments)
    assert ran.code == 5, ran.err
    assert "harness: " in ran.err
    assert "try: " in ran.err


def test_a_matrix_whose_every_cell_is_left_out_ends_5(checkout, matrix) -> None:
    """Exit 5 with the reason and the remedy: nothing that ran, nothing that is green."""
    text = matrix(database=("postgres-17",)).replace('["embedded"]', '["url"]\nurl_env = "NO_SUCH_DSN"')
    ran = checkout.matrix(text).run()
    assert ran.code == 5, ran.err
    assert "NO_SUCH_DSN" in ran.err


def test_a_file_that_is_no_store_is_refused(checkout, matrix) -> None:
    """Exit 4 naming the file: somebody's file is not written over."""
    checkout.matrix(matrix())
    state = checkout.folder / ".harness"
    state.mkdir()
    Path(state / "store.sqlite").write_bytes(b"not a database, but dear to somebody" * 100)
    refused(checkout.run(), "store.sqlite")
