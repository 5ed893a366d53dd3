"""Cells in trouble, in one run beside one that is well: each gets its own state, and harms no other."""

from __future__ import annotations

import sqlite3
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest

PLANTED = (
    "hangs",
    "segfaults",
    "exits",
    "prints",
    "fills_disk",
    "fails",
    "skips",
    "empty_migrations",
    "no_tests",
    "noisy_names",
)
LOG_LIMIT_BYTES = 1_000_000
DISK_LIMIT_BYTES = 20_000_000
TEST_S = 15
SHOWN = ("segfaults", "prints", "fails", "empty_migrations", "noisy_names")


@pytest.fixture(scope="session")
def bad(once, shared_folder: Path, environ, matrix, make_bad_run) -> dict[str, Any]:
    """What came of the one run: its JSON document, progress, peak memory in bytes, and each record as shown."""
    return once("bad-cells", make_bad_run)


@pytest.fixture(scope="session")
def make_bad_run(shared_folder: Path, environ, matrix, checkout_type):
    """Returns a function that runs the matrix of canaries in trouble."""

    def build() -> dict[str, Any]:
        folder = shared_folder / "bad-cells"
        folder.mkdir()
        checkout = checkout_type(folder=folder, environ=environ | {"TMPDIR": str(folder)})
        checkout.matrix(
            matrix(
                "minimal",
                *PLANTED,
                run=f"log_limit_mb = {LOG_LIMIT_BYTES / 1e6}\ndisk_limit_mb = {DISK_LIMIT_BYTES / 1e6}",
                timeouts=f"test_s = {TEST_S}",
            )
        )
        started = checkout.start("run", "--json", "--control", "never")
        peak = 0
        while started.popen.poll() is None:
            peak = max(peak, peak_bytes(started.popen.pid))
            time.sleep(0.05)
        ran = started.end()
        text = checkout.run("--control", "never", "-k", "noisy_names or minimal")
        shown = {name: checkout.harness("show", f"canary={name},") for name in SHOWN}
        return {
            "folder": str(folder),
            "code": ran.code,
            "document": ran.document,
            "err": ran.err,
            "peak_bytes": peak,
            "text": text.out + text.err,
            "shown": {name: {"code": one.code, "out": one.out} for name, one in shown.items()},
            "noisy_json": checkout.harness("show", "canary=noisy_names,", "--json").document,
        }

    return build


def peak_bytes(pid: int) -> int:
    """Return the most memory that a process has held, 0 where the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def cell(bad: dict[str, Any], name: str) -> dict[str, Any]:
    """Return one cell of the run's document."""
    (found,) = [one for one in bad["document"]["cells"] if f"canary={name}," in one["id"]]
    return found


def log(bad: dict[str, Any], name: str) -> str:
    """Return the log of a cell's deciding attempt."""
    return (Path(bad["folder"]) / ".harness" / "logs" / cell(bad, name)["log"]).read_text(errors="replace")


def test_the_run_ends_1_and_accounts_for_every_cell(bad) -> None:
    """Failures decide over the error of the full disk; nothing is missing."""
    assert bad["code"] == 1
    assert bad["document"]["exit_code"] == 1
    assert len(bad["document"]["cells"]) == len(PLANTED) + 1
    assert bad["document"]["missing"] == []


def test_the_healthy_cell_is_unharmed(bad) -> None:
    """It passes beside all the others."""
    assert cell(bad, "minimal")["state"] == "pass"
    assert cell(bad, "minimal")["evidence"] == "observed"


def test_a_hanging_canary_times_out(bad) -> None:
    """State `timeout` after the time it is given, naming the test; its log up to there is kept."""
    hung = cell(bad, "hangs")
    assert (hung["state"], hung["verdict"]) == ("timeout", "unexpected-failure")
    assert f"{TEST_S} s" in hung["reason"]
    assert "test_b_hangs" in hung["reason"]
    assert TEST_S <= hung["duration_s"] < 2 * TEST_S
    assert "about to hang" in log(bad, "hangs") or "test_trouble" in log(bad, "hangs")


def test_a_segfault_is_a_crash_with_the_facts_up_to_it(bad) -> None:
    """State `crash`, naming the signal and the test; what was observed before is in the record."""
    crashed = cell(bad, "segfaults")
    assert (crashed["state"], crashed["verdict"]) == ("crash", "unexpected-failure")
    assert "signal 11" in crashed["reason"]
    assert "test_b_reads_address_zero" in crashed["reason"]
    assert crashed["evidence"] == "observed"
    shown = bad["shown"]["segfaults"]["out"]
    assert "1 passed" in shown
    assert "tables expected" in shown


def test_an_exit_with_0_is_a_crash_and_no_pass(bad) -> None:
    """The process said hello and never bye: whatever its exit code, its word is not whole."""
    assert cell(bad, "exits")["state"] == "crash"
    assert "test_b_exits" in cell(bad, "exits")["reason"]


def test_a_flood_of_output_is_cut_with_a_note(bad) -> None:
    """100 MB printed: the log ends at its limit with a note, the cell passes."""
    assert cell(bad, "prints")["state"] == "pass"
    text = log(bad, "prints")
    assert len(text) < LOG_LIMIT_BYTES + 500
    assert "the log was cut here at its limit" in text[-200:]
    assert "cut at its limit" in bad["shown"]["prints"]["out"]


def test_the_harness_stays_small_beside_a_flood(bad) -> None:
    """Its own memory does not grow with what cells print or write."""
    assert bad["peak_bytes"] < 150_000_000


def test_writing_past_the_limit_is_an_error(bad) -> None:
    """State `error`, indeterminate, naming the limit: no failure of the canary; its files are gone."""
    filled = cell(bad, "fills_disk")
    assert (filled["state"], filled["verdict"]) == ("error", "indeterminate")
    assert str(DISK_LIMIT_BYTES) in filled["reason"]


def test_a_failing_canary_fails_with_one_signature_for_both_attempts(bad) -> None:
    """State `fail` after one retry; numbers in its message are no part of the signature."""
    failed = cell(bad, "fails")
    assert (failed["state"], failed["verdict"]) == ("fail", "unexpected-failure")
    assert "AssertionError" in failed["reason"]
    shown = bad["shown"]["fails"]["out"]
    assert "attempt 1" in shown
    assert "attempt 2" in shown
    (group,) = [one for one in bad["document"]["groups"] if one["signature"] == failed["signature"]]
    assert group["cells"] == [failed["id"]]


def test_an_undeclared_skip_fails(bad) -> None:
    """A skipped test is never green: state `fail`, naming the test and its reason."""
    assert cell(bad, "skips")["state"] == "fail"
    assert "test_b_is_skipped" in cell(bad, "skips")["reason"]
    assert "for no reason that was declared" in cell(bad, "skips")["reason"]


def test_a_missing_table_is_named(bad) -> None:
    """An app with a package of migrations and none in it: state `fail`, the table named, and listed in the record."""
    assert cell(bad, "empty_migrations")["state"] == "fail"
    assert "notes_note" in cell(bad, "empty_migrations")["reason"]
    assert "missing: notes_note" in bad["shown"]["empty_migrations"]["out"]


def test_no_tests_are_no_pass(bad) -> None:
    """State `fail`: no test ran."""
    assert cell(bad, "no_tests")["state"] == "fail"
    assert "no test ran" in cell(bad, "no_tests")["reason"]


def test_noise_does_not_reach_the_terminal(bad) -> None:
    """Escape sequences, line separators and overrides in names and messages are made visible; reports stay whole."""
    assert cell(bad, "noisy_names")["state"] == "fail"
    shown = bad["shown"]["noisy_names"]
    assert shown["code"] == 0
    for text in (bad["err"], bad["text"], shown["out"]):
        kinds = {char: unicodedata.category(char) for char in set(text) - {"\n", "\t"}}
        steering = [char for char, kind in kinds.items() if kind in ("Cc", "Cf", "Zl", "Zp")]
        assert steering == []
    assert "\\u001b[31mred" in shown["out"]
    assert not any(line.startswith("::error") for line in (bad["text"] + shown["out"]).splitlines())


def test_noise_is_kept_as_it_is_in_json(bad) -> None:
    """The record as JSON holds what the canary said, escaped as JSON is."""
    (last, *_) = reversed(bad["noisy_json"]["record"]["trials"])
    messages = [
        test["failure"]["message"]
        for process in last["evidence"]["processes"]
        for test in process["tests"]
        if test["failure"]
    ]
    assert any("\x1b[31mred\x1b[0m" in message for message in messages)
    assert any("before\x00after" in message for message in messages)


def test_each_failure_is_tried_twice_and_nothing_else(bad) -> None:
    """One automatic retry after `fail` and `crash`; none after a pass, a time-out or a full disk."""
    with sqlite3.connect(Path(bad["folder"]) / ".harness" / "store.sqlite") as store:
        counts = dict(store.execute("SELECT cell_id, count(*) FROM attempts WHERE made_in = 1 GROUP BY cell_id"))
    store.close()
    found = {name: next(count for cell_id, count in counts.items() if f"canary={name}," in cell_id) for name in PLANTED}
    once_only = {"hangs", "prints", "fills_disk"}
    assert found == {name: 1 if name in once_only else 2 for name in PLANTED}


def test_nothing_is_left_behind(bad) -> None:
    """No working copy: what lies in the folder for temporary files is the test's own."""
    names = {path.name.rstrip("0123456789-") for path in Path(bad["folder"]).iterdir()}
    assert names == {".harness", "matrix.toml", "out", "err"}
