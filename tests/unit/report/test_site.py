"""Pages and data of the dashboard, as text."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.advise import Advice
from harness.analysis.compare import Category, Side, category
from harness.analysis.query import FIELDS
from harness.cli import request
from harness.model.verdict import Signature, State, Verdict
from harness.report.formats import find
from harness.report.formats.document import text as whole_text
from harness.report.site.build import site
from harness.report.site.data import Pool, index_of, script
from harness.report.site.frame import sentence
from harness.report.site.render import STATIC, static
from harness.report.site.words import key, rows, shown
from harness.workflow.chapters import LIMIT
from harness.workflow.dashboard import open_dashboard


@pytest.fixture
def build(make_store: Callable[..., Any], tmp_path: Path) -> Callable[..., tuple[Any, dict[str, str]]]:
    """Returns a function from a made-up store to its dashboard and the files of its site."""

    def make(made_up: Any, run: int | None = None) -> tuple[Any, dict[str, str]]:
        spec, place = request.load(made_up.folder / "matrix.toml")
        with open_dashboard(spec, place, run=run, command="harness", tail="") as board:
            return board, dict(site(board))

    return make


def parsed(text: str) -> Any:
    """What a data script holds, read as a JavaScript engine would."""
    (quoted,) = re.findall(r"JSON\.parse\('(.*)'\);\n$", text, re.DOTALL)
    plain = re.sub(r"\\(x3c|.)", lambda found: "<" if found[1] == "x3c" else found[1], quoted)
    return json.loads(plain)


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "it's", "a\\b", "\\'", '"', "line\nend", "\u2028", "–", "</", "<!--"]
)
def test_script_holds_any_text(text: str) -> None:
    """Nothing in the data ends the string or the script, and all of it arrives."""
    made = script("X", {"a": [text]})

    assert "<" not in made
    assert made.count("\n") == 1
    assert parsed(made) == {"a": [shown(text)]}


def test_shown() -> None:
    """Letters stay, colours of terminals go, what could steer a reader is made visible."""
    assert shown("ñ – ✓ 漢\n\ttab") == "ñ – ✓ 漢\n\ttab"
    assert shown("\x1b[31mred\x1b[0m \x00 \u202ex \ud800\r\n") == "red \\u0000 \\u202ex \\ud800\n"


def test_keys_and_links() -> None:
    """A cell's key is the same in each run; a query survives its way through an address."""
    assert key("a=1") == key("a=1") != key("a=2")
    assert re.fullmatch(r"[0-9a-f]{10}", key("a=1"))
    assert rows('django:"5.2"', "", "a+b") == "matrix.html#q=django%3A%225.2%22%20a%2Bb"


def test_scripts_lose_indentation_only() -> None:
    """What is copied is the source without indentation and lines of comment; nothing is inlined in a page."""
    for name in STATIC:
        text = static(name)
        assert text
        assert not name.endswith(".js") or not re.search(r"^(\s|//)", text, re.MULTILINE)


def test_what_becomes_of_a_cell_is_a_table(make_store: Callable[..., Any], build: Any, tmp_path: Path) -> None:
    """For each two states, alike or not, declared or not, by whatever provider, the table says what `category` says."""
    made_up = make_store(tmp_path / "one")
    made_up.run()
    board, _ = build(made_up)
    table = index_of(board)["became"]
    names = list(Category)
    one, other = (Signature(type=name, frame="", message="") for name in "ab")
    for (old_number, old), (new_number, new) in itertools.product(enumerate((None, *State)), repeat=2):
        for is_alike, is_declared, is_elsewhere in itertools.product((False, True), repeat=3):
            verdict = Verdict.EXPECTED_FAILURE if is_declared else Verdict.AS_EXPECTED
            before = old and Side(state=old, verdict=Verdict.AS_EXPECTED, signature=one, provider="x")
            after = new and Side(
                state=new, verdict=verdict, signature=one if is_alike else other, provider="y" if is_elsewhere else "x"
            )
            plain, declared, elsewhere = table[old_number][new_number][is_alike and old is new]
            told = elsewhere if is_elsewhere and before and after else declared if is_declared else plain
            if is_elsewhere and not (before and after):
                continue  # there is no other provider where nothing ran
            assert names[told] is category(before, after), (old, new, is_alike, is_declared, is_elsewhere)


def test_a_note_begins_a_sentence() -> None:
    """Unless it begins with the name of a file."""
    assert [sentence(note) for note in ("partial: run 8", "matrix.lock lacks 4")] == [
        "Partial: run 8",
        "matrix.lock lacks 4",
    ]


def test_pool() -> None:
    """Equal values have one number."""
    pool: Pool[str] = Pool()
    assert [pool[value] for value in "abca"] == [0, 1, 2, 0]
    assert pool.values() == ["a", "b", "c"]


def test_site_of_an_older_run(make_store: Callable[..., Any], build: Any, tmp_path: Path) -> None:
    """It shows that run and those before it, nothing later."""
    made_up = make_store(tmp_path / "three")
    made_up.run()
    made_up.run(lambda cell: "fail" if cell["django"] == "6.0" else "pass", hours=1)
    made_up.run(hours=2)
    board, files = build(made_up, run=2)

    assert [chapter.run for chapter in board.chapters] == [2, 1]
    assert "4 of 12 cells fail unexpectedly" in files["index.html"]
    assert "<strong>4</strong> regressed" in files["index.html"]
    assert (
        len([name for name in files if name.startswith("cells/")]) == 4 + 2
    )  # those that pass though declared to fail, too


def test_partial_run(make_store: Callable[..., Any], build: Any, tmp_path: Path) -> None:
    """A run that has not ended says so before anything else, and counts what has no answer."""
    made_up = make_store(tmp_path / "partial")
    made_up.run(lambda cell: "none" if cell["python"] == "3.13" else "pass", is_finished=False)
    _, files = build(made_up)

    assert "Not ended: 6 of 12 cells have answered" in files["index.html"]
    assert all(
        "Partial: run 1 is still going on or was interrupted" in text
        for name, text in files.items()
        if name.endswith(".html")
    )


def test_reused_answers_are_read_once(make_store: Callable[..., Any], build: Any, tmp_path: Path, monkeypatch) -> None:
    """Of runs that took every answer from an earlier one, no record is read again."""
    made_up = make_store(tmp_path / "reused")
    first = made_up.run(lambda cell: "fail" if cell["django"] == "5.1" else "pass")
    for hour in range(1, 6):
        made_up.reuse(first, hours=hour)
    read = []
    from harness.store.store import Store

    monkeypatch.setattr(
        Store, "record", lambda self, run, cell, real=Store.record: read.append((run, cell)) or real(self, run, cell)
    )
    board, _ = build(made_up)

    assert len(board.chapters) == 6
    assert [sum(entry.is_reused for entry in chapter.entries) for chapter in board.chapters] == [12] * 5 + [0]
    assert {run for run, _ in read} <= {6}
    assert {entry.side.state for entry in board.chapters[-1].entries} == {State.PASS, State.FAIL}


def test_pages_hold_no_code(make_store: Callable[..., Any], build: Any, tmp_path: Path) -> None:
    """Each page has the policy, scripts of its own folder, and neither code nor style of its own."""
    made_up = make_store(tmp_path / "page")
    made_up.run(lambda cell: "fail" if cell["django"] == "5.1" else "pass")
    _, files = build(made_up)
    for name, text in files.items():
        if name.endswith(".html"):
            assert "Content-Security-Policy" in text
            assert "'unsafe" not in text
            assert re.findall(r"<script(?! src=\"[a-z]+\.js\"></script>)", text) == []
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|https?://", text), name


def test_traces_do_not_name_folders(make_store: Callable[..., Any], build: Any, tmp_path: Path) -> None:
    """Where packages lie on this machine is left out of what is published."""
    trace = "  File /home/someone/.cache/harness/packages/x/lib/python3.12/site-packages/django/db.py:7: in execute"
    made_up = make_store(tmp_path / "trace", words={"trace": trace})
    made_up.run(lambda cell: "fail" if cell["django"] == "6.0" else "pass")
    _, files = build(made_up)
    told = [text for name, text in files.items() if name.startswith("cells/") and "in execute" in text]

    assert len(told) == 4
    assert all("site-packages/django/db.py:7" in text and "/home/someone" not in text for text in told)


def test_totals_agree_with_the_formats(make_store: Callable[..., Any], build: Any, tmp_path: Path) -> None:
    """The overview counts each state as JSON Lines do, and passing cells as compat.json does of each package."""
    states = ["pass", "fail", "other", "error", "timeout", "flaky", "unsupported", "none", "crash"]
    made_up = make_store(tmp_path / "totals")
    made_up.run(lambda cell: dict(zip(made_up.product, states, strict=False)).get(cell, "pass"))
    spec, place = request.load(made_up.folder / "matrix.toml")
    with open_dashboard(spec, place, run=None, command="harness", tail="") as board:
        index = dict(site(board))["index.html"]
        records = [json.loads(line) for line in text_of(find("jsonl"), board.report).splitlines()]
        compat = json.loads(text_of(find("compat"), board.report))
    tiles = re.findall(r'data-n="(\d+)" href="matrix\.html#q=state%3A%22([a-z-]+)%22"><b class="g"', index)
    told = {state: int(number) for number, state in tiles if int(number)}

    assert told == Counter(record["conclusion"]["judgement"]["observation"]["state"] for record in records)
    assert sum(told.values()) == 12
    for package in compat["packages"]:
        ranges = [*package["works"], *package["fails"], *package["depends"]]
        assert sum(len(item["passing"]) for item in ranges) == told["pass"], package["name"]


def text_of(form: Any, report: Any) -> str:
    """The main document of a format."""
    return whole_text(next(form.make(report)))


def test_documentation_names_what_there_is() -> None:
    """The page for users has every field of the language, every state and verdict, every page, and the limits."""
    told = (Path(__file__).parents[3] / "docs" / "dashboard.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z-]+):?[^`]*`", told)
    assert set(FIELDS) <= set(named)
    assert {state.value for state in State} | {verdict.value for verdict in Verdict} <= set(named)
    assert len(re.findall(r"^\| [a-z, ]+ \|", told.split("## The upgrade advisor")[1], re.MULTILINE)) >= len(Advice)
    assert f"up to {LIMIT} runs" in told
