"""Words on the command line, and what they come to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli import request
from harness.errors import UsageError
from harness.model import codec
from harness.model.spec import Preference, ProviderName
from harness.plan.select import Selection
from harness.workflow.prepare import Options

MATRIX = """
[matrix]
python = ["3.12"]
django = ["5.2"]
database = ["sqlite-memory"]
canary = ["seed"]

[canary.seed]
path = "seed"
settings = "settings"
"""


@pytest.fixture
def options() -> Callable[..., Options]:
    """Returns what a command line says; keywords are its words."""

    def build(**words: Any) -> Options:
        nothing: dict[str, Any] = {
            "k": "",
            "axis": [],
            "profile": "",
            "cell": [],
            "failed": None,
            "as_of": "",
            "refresh": False,
            "provider": [],
            "no_python_downloads": False,
        }
        return request.options(**(nothing | words))

    return build


def test_nothing_said_is_the_default(options: Callable[..., Options]) -> None:
    """The whole default profile, as of the date on record, by any provider."""
    assert options() == Options(selection=Selection())
    assert options().selection.profile == "default"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"k": "django and not xdist"}, Selection(k="django and not xdist")),
        (
            {"axis": ["django=5.2,6.0", "Pytest_Django=>=4.11"]},
            Selection(axes=(("django", ("5.2", "6.0")), ("pytest-django", (">=4.11",)))),
        ),
        ({"profile": "fast"}, Selection(profile="fast")),
        ({"cell": ["a=1,b=2", "a=2,b=2"]}, Selection(cells=("a=1,b=2", "a=2,b=2"))),
        ({"failed": ("a=1",)}, Selection(failed=("a=1",))),
        ({"failed": ()}, Selection(failed=())),
    ],
)
def test_each_word_narrows_the_selection(
    words: dict[str, Any], expected: Selection, options: Callable[..., Options]
) -> None:
    """And changes nothing else; no cell that failed last is another thing than not to ask for those."""
    assert options(**words) == Options(selection=expected)


def test_switches_are_passed_on(options: Callable[..., Options]) -> None:
    """Each as it is meant: the last one is said in the negative."""
    assert options(refresh=True).refresh
    assert options().python_downloads
    assert not options(no_python_downloads=True).python_downloads


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-20", "2026-01-20T23:59:59+00:00"),
        ("20260120", "2026-01-20T23:59:59+00:00"),
        ("2026-01-20T12:30", "2026-01-20T12:30:00+00:00"),
        ("2026-01-20T12:30:00Z", "2026-01-20T12:30:00+00:00"),
        ("2026-01-20 12:30:00+02:00", "2026-01-20T12:30:00+02:00"),
    ],
)
def test_a_day_lasts_to_its_end_and_a_moment_is_one(text: str, expected: str, options: Callable[..., Options]) -> None:
    """However it is written; in UTC unless a zone is given."""
    found = options(as_of=text).as_of
    assert found is not None
    assert found.isoformat() == expected


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-01-32", "2026-01", "20.01.2026", "2026-01-20T", " "])
def test_what_is_no_date_is_refused(text: str, options: Callable[..., Options]) -> None:
    """With what it said, and two that are."""
    with pytest.raises(UsageError) as caught:
        options(as_of=text)
    assert str(caught.value) == f"--as-of {text!r} is no date\n  try: 2026-01-20, or 2026-01-20T12:00:00Z"


@pytest.mark.parametrize("name", ProviderName)
def test_every_provider_can_be_named(name: ProviderName, options: Callable[..., Options]) -> None:
    """Several too, in order."""
    assert options(provider=[name.value, "docker"]).providers == (name, ProviderName.DOCKER)


def test_an_unknown_provider_is_refused_with_the_nearest() -> None:
    """Naming the option that it was said with."""
    with pytest.raises(UsageError) as caught:
        request.providers(["docker", "dokcer"], "--require")
    assert caught.value.message == "--require 'dokcer' is no provider; nearest: docker"
    assert caught.value.remedy == "one of sqlite, docker, embedded, url"


def test_an_axis_that_cannot_be_read_is_refused(options: Callable[..., Options]) -> None:
    """As `plan` says it."""
    with pytest.raises(UsageError, match="--axis 'django' is not AXIS=VALUE"):
        options(axis=["django"])


def test_a_matrix_is_loaded_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found where it is said to be; what is in it is checked against today's date."""
    monkeypatch.setenv("HARNESS_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "manage.py").touch()
    matrix = tmp_path / "matrix.toml"
    matrix.write_text(MATRIX)
    spec, place = request.load(matrix)
    assert [axis.name for axis in spec.axes if axis.name == "django"] == ["django"]
    assert (spec.path, place.matrix, place.cache) == (matrix, matrix, tmp_path / "cache")
    gone = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2)
    rule = f'\n[[exclude]]\nwhen = {{ django = "5.2" }}\nreason = "x"\nuntil = {gone.isoformat()}\n'
    matrix.write_text(MATRIX + rule)
    with pytest.raises(UsageError, match=gone.isoformat()):
        request.load(matrix)


def test_a_matrix_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(UsageError, match=r"there is no .*matrix\.toml(.|\n)*--matrix"):
        request.load(tmp_path / "matrix.toml")


def test_which_of_the_allowed_versions_are_taken(options) -> None:
    """The newest, unless the lowest are asked for, of everything or of what is named; it is part of what is selected,
    so that a shard of such a plan is run alike."""
    wanted = [options(), options(lowest=True), options(lowest_direct=True)]
    assert [one.selection.preference for one in wanted] == list(Preference)
    for one in wanted:
        assert codec.loads(Selection, codec.dumps(one.selection)) == one.selection
    with pytest.raises(UsageError, match="--lowest and --lowest-direct ask for different things"):
        options(lowest=True, lowest_direct=True)
