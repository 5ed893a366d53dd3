"""Every mistake in a matrix file is one message that names file, key and what was meant."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from harness.config import load
from harness.errors import UsageError

_MATRIX = '[matrix]\npython = ["3.12"]\ndatabase = ["sqlite-memory"]\ncanary = ["seed"]\n'
_CANARY = '[canary.seed]\npath = "canaries/seed"\nsettings = "s"\n'


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The path is named, and how to name another."""
    with pytest.raises(UsageError, match=r"matrix\.toml: there is no such file\n  try: .*--matrix"):
        load(tmp_path / "matrix.toml", today=dt.date(2026, 1, 20))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """What the operating system says is passed on."""
    with pytest.raises(UsageError, match=r"cannot be read: Is a directory"):
        load(tmp_path, today=dt.date(2026, 1, 20))


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    """The place of the first bad byte is named."""
    (tmp_path / "matrix.toml").write_bytes(b"# \xff")
    with pytest.raises(UsageError, match=r"is not UTF-8 \(byte 2\)"):
        load(tmp_path / "matrix.toml", today=dt.date(2026, 1, 20))


def test_a_file_that_is_not_toml(refuse) -> None:
    """Line and column are named."""
    message = refuse("[matrix]\npython = 3.12.1\n")
    assert "matrix.toml: is not TOML:" in message
    assert "line 2" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[matrx]\n" + _MATRIX, ["matrix.toml: matrx: unknown key; nearest: matrix"]),
        (_CANARY, ["matrix.toml: matrix: is missing"]),
        ("[run]\njob = 2\n" + _MATRIX + _CANARY, ["matrix.toml: run.job: unknown key; nearest: jobs"]),
        ("[run.timeouts]\ntest = 2\n" + _MATRIX + _CANARY, ["run.timeouts.test: unknown key; nearest: test_s"]),
        ("[run]\nzzzz = 2\n" + _MATRIX + _CANARY, ["run.zzzz: unknown key; known: allow_build, as_of,"]),
        (_MATRIX + _CANARY + 'setings = "x"\n', ["canary.seed.setings: unknown key; nearest: settings"]),
        (_MATRIX + _CANARY.replace("settings", "setings"), ["canary.seed.setings: unknown key; nearest: settings"]),
        (
            _MATRIX + _CANARY + '[[canary.seed.lacks]]\ntest = "x"\nwhen = { mode = "xdist" }\nreason = "r"\n',
            ["canary.seed.lacks number 1: tests: is missing; nearest: test", "test: unknown key; nearest: tests"],
        ),
        (
            _MATRIX + _CANARY + '[database.pg]\nengine = "postgresql"\nversion = "17"\nimges = "x"\n',
            ["database.pg.imges: unknown key; nearest: image"],
        ),
        (
            _MATRIX + _CANARY + '[[exclude]]\nwhn = { mode = "xdist" }\nreason = "r"\n',
            ["[[exclude]] number 1: when: is missing; nearest: whn", "whn: unknown key; nearest: when"],
        ),
        (
            _MATRIX + _CANARY + '[[expect]]\nwhen = { mode = "xdist" }\nreason = "r"\nstat = "fail"\n',
            ["[[expect]] number 1: stat: unknown key; nearest: state"],
        ),
        (
            _MATRIX + _CANARY + "[profile.quick]\nstrenght = 1\n",
            ["profile.quick.strenght: unknown key; nearest: strength"],
        ),
        (
            _MATRIX + 'django = [{ since = "4.2", untill = "6.0" }]\n' + _CANARY,
            ["matrix.django number 1: untill: unknown key; nearest: until"],
        ),
    ],
)
def test_unknown_and_missing_keys(text: str, words: list[str], refuse) -> None:
    """In every table a key that is not known is refused with the nearest one; a mandatory one is missed."""
    message = refuse(text)
    assert all(word in message for word in words), message
    assert all(line.startswith("matrix.toml: ") for line in message.splitlines()[:-1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_MATRIX.replace('["3.12"]', '"3.12"'), 'matrix.python: needs a list, found "3.12": write ["3.12"]'),
        (_MATRIX.replace('["3.12"]', "3.12"), "matrix.python: needs a list, found 3.12: put it in brackets and quotes"),
        (_MATRIX.replace('["3.12"]', "[3.12]"), "matrix.python number 1: needs a string, found 3.12: put it in quotes"),
        (_MATRIX + 'django = "5.2"\n', 'matrix.django: needs a list, found "5.2": write ["5.2"]'),
        (_MATRIX + "django = [6.0]\n", "matrix.django number 1: needs a string, found 6.0: put it in quotes"),
        (_MATRIX + 'django = { since = "4.2" }\n', "matrix.django: needs a list, found a table"),
        (_MATRIX + "[run]\njobs = true\n", "run.jobs: needs a whole number, found true"),
        (_MATRIX + "[run]\njobs = 0\n", "run.jobs: input should be greater than or equal to 1"),
        (_MATRIX + '[run]\npython_downloads = "no"\n', 'run.python_downloads: needs true or false, found "no"'),
        (_MATRIX + "[run.timeouts]\ntest_s = 0\n", "run.timeouts.test_s: input should be greater than 0"),
        (_MATRIX + '[run]\nas_of = "2026-01-20"\n', "run.as_of: needs a date or a moment without quotes: 2026-01-20"),
        (_MATRIX + '[[exclude]]\nwhen = "x"\nreason = "r"\n', '[[exclude]] number 1: when: needs a table, found "x"'),
        (_MATRIX + "[exclude]\nreason = 'r'\n", "exclude: needs a list of tables, found one table: write [[exclude]]"),
        (
            _MATRIX + "[[exclude]]\nwhen = { mode = 3 }\nreason = 'r'\n",
            "[[exclude]] number 1: when.mode: needs a list, found 3",
        ),
        (
            _MATRIX + "[[expect]]\nwhen = { mode = 'xdist' }\nreason = 'r'\nuntil = '2027-01-01'\n",
            '[[expect]] number 1: until: needs a date without quotes, such as 2026-01-20, found "2027-01-01"',
        ),
        (_MATRIX + "[profile.p]\nstrength = 4\n", "profile.p.strength: \"4\" is not one of '1', '2', '3' or 'full'"),
        (
            _MATRIX + "[database.pg]\nengine = 'postgres'\n",
            "database.pg.engine: \"postgres\" is not one of 'sqlite', 'postgresql', 'mariadb' or 'mysql'; nearest: p",
        ),
        (
            _MATRIX + "[database.pg]\nengine = 'postgresql'\nproviders = ['dokcer']\n",
            'database.pg.providers number 1: "dokcer" is not one of',
        ),
        (
            _MATRIX + "[[expect]]\nwhen = { mode = 'xdist' }\nreason = 'r'\nstate = 'failed'\n",
            '[[expect]] number 1: state: "failed" is not one of',
        ),
        (_MATRIX + "[database.'a b']\nengine = 'sqlite'\n", "database.a b: a name is made of letters"),
    ],
)
def test_wrong_types_and_values(text: str, words: str, refuse) -> None:
    """The message says what is needed, what was found and, where something is close, what was meant."""
    assert f"matrix.toml: {words}" in refuse(text)


@pytest.mark.parametrize("kind", ["exclude", "include", "expect"])
@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("when = { mode = 'migrations' }", "reason: is missing"),
        ("when = { mode = 'migrations' }\nreason = ''", "reason: has no value"),
        ("reason = 'r'", "when: is missing"),
        ("when = {}\nreason = 'r'", "when: has no value"),
        ("when = { mode = [] }\nreason = 'r'", "when.mode: has no value"),
        ("when = { djnago = '5.2' }\nreason = 'r'", "when.djnago: there is no such axis in [matrix]; nearest: django"),
        ("when = { django = '=>5.2' }\nreason = 'r'", "when.django: '=>5.2' is not a specifier: write \"<5.2\""),
        ("when = { python = 'three' }\nreason = 'r'", "when.python: 'three' is not a specifier"),
        ("when = { Django = '6.0', django = '<6' }\nreason = 'r'", "when.django: the axis is named twice"),
        (
            "when = { mode = 'migrations' }\nreason = 'upstream is mending it'\nuntil = 2026-01-19",
            "until: 2026-01-19 is over (today is 2026-01-20)",
        ),
    ],
)
def test_rules_that_cannot_stand(kind: str, entry: str, words: str, good: str, refuse) -> None:
    """Exclude, include and expect need a reason, a condition on existing axes, and time left."""
    other = f"[[{kind}]]\nwhen = {{ mode = 'migrations' }}\nreason = 'r'\nuntil = 2026-01-20\n"
    assert f"matrix.toml: [[{kind}]] number 2: {words}" in refuse(f"{good}\n{other}\n[[{kind}]]\n{entry}\n")


def test_an_expired_entry_is_named_by_its_reason(good: str, refuse) -> None:
    """A person recognises the entry."""
    text = "[[exclude]]\nwhen = { mode = 'xdist' }\nreason = 'upstream is mending it'\nuntil = 2025-12-31\n"
    assert "(upstream is mending it)" in refuse(good + text)


def test_all_problems_are_told_at_once(good: str, refuse) -> None:
    """Two mistakes of shape, or two of meaning, need one run to find."""
    shape = refuse(good + "[run]\njob = 1\nas_off = 2\n")
    assert "run.job: " in shape
    assert "run.as_off: " in shape
    meaning = refuse(good.replace('"seed"]', '"sed"]').replace('"postgres-17"]', '"postgres-16"]'))
    assert "[canary.sed]; nearest: seed" in meaning
    assert "[database.postgres-16]; nearest: postgres-17" in meaning
    assert meaning.count("matrix.toml: ") == 2


def test_the_message_ends_with_where_to_read(good: str, refuse) -> None:
    """The reference is named."""
    assert "try: docs/matrix.md" in refuse(good + "[run]\njob = 1\n")
