"""Programs: what they say, how they end, and that nothing of them stays behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ExitCode, Infrastructure, Interrupted
from harness.process import (
    CUT_NOTE,
    Cancel,
    Completed,
    Stop,
    background,
    capture,
    clean_environment,
    end_strays,
    foreground,
    supervise,
)

LONG_S = 60.0  # what no test waits for
SOON_S = 15.0  # what a slow machine may take

SLEEP = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
# The parent says the number of a child that would outlive it, in its group or in one of its own.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session={apart})
print(child.pid, flush=True)
time.sleep({seconds})
"""


def python(code: str, *words: str) -> tuple[str, ...]:
    """The command that runs *code*; without `site`, which takes most of a start."""
    return (sys.executable, "-S", "-c", code, *words)


def is_running(pid: int) -> bool:
    """Tell whether a process is there and no corpse."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def until(is_so: Callable[[], Any], timeout_s: float = SOON_S) -> Any:
    """Wait until *is_so* says something true; return that."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := is_so():
            return found
        time.sleep(0.01)
    raise AssertionError(f"did not come in {timeout_s} s")


def words_of(log: Path) -> list[str]:
    """What a program has said so far."""
    return log.read_text().split() if log.exists() else []


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Completed]:
    """Supervise a Python program that logs to ``log`` in the test's folder; keywords replace arguments."""

    def run(code: str, **more: Any) -> Completed:
        defaults: dict[str, Any] = {
            "timeout_s": LONG_S,
            "cwd": tmp_path,
            "env": os.environ,
            "log": tmp_path / "log",
            "log_limit_bytes": 1_000_000,
            "cancel": Cancel(),
        }
        return supervise(python(code), **(defaults | more))

    return run


@contextlib.contextmanager
def quick(seconds: float = SOON_S) -> Iterator[None]:
    """The block takes no longer."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


# ---------------------------------------------------------------- environment and cancel


def test_the_clean_environment_names_no_packages_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would make another Python import from here goes, the rest stays, and extras win."""
    monkeypatch.setenv("PYTHONPATH", "/ours")
    monkeypatch.setenv("PYTHONHOME", "/ours")
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")
    monkeypatch.setenv("HARNESS_TEST_KEPT", "kept")
    monkeypatch.setenv("HARNESS_TEST_REPLACED", "old")
    env = clean_environment({"HARNESS_TEST_REPLACED": "new"})
    assert env["HARNESS_TEST_KEPT"] == "kept"
    assert env["HARNESS_TEST_REPLACED"] == "new"
    assert "/ours" not in env.values()


def test_a_cancel_ends_waits_from_another_thread() -> None:
    """Before it is set, a wait lasts as long as it was told to, and a check says nothing."""
    cancel = Cancel()
    assert not cancel.wait(0.01)
    cancel.check()
    threading.Timer(0.1, cancel.set).start()
    with quick():
        assert cancel.wait(LONG_S)
    assert cancel.is_set()
    with pytest.raises(Interrupted) as caught:
        cancel.check()
    assert caught.value.exit_code is ExitCode.INTERRUPTED


# ---------------------------------------------------------------- capture


def test_capture_returns_what_was_said_and_the_code(tmp_path: Path) -> None:
    """Both streams apart, the code as it was, in the folder and environment asked for."""
    code = "import os, sys; print(os.getcwd(), os.environ['X']); print('bad', file=sys.stderr); sys.exit(7)"
    done = capture(python(code), timeout_s=LONG_S, cwd=tmp_path, env={"X": "given"})
    assert (done.code, done.stop) == (7, Stop.EXITED)
    assert done.stdout == f"{tmp_path.resolve()} given\n"
    assert done.stderr == "bad\n"
    assert 0 < done.duration_s < LONG_S


def test_capture_gives_no_input_unless_asked() -> None:
    """Without *stdin* a program that reads sees the end at once; with it, all of it, however long."""
    count = python("import sys; print(len(sys.stdin.read()))")
    assert capture(count, timeout_s=LONG_S).stdout == "0\n"
    assert capture(count, timeout_s=LONG_S, stdin="x" * 1_000_000).stdout == "1000000\n"


def test_capture_feeds_a_program_that_is_slow_to_read() -> None:
    """Input that does not fit into a pipe is not lost between two looks at the clock."""
    slow = python("import sys, time; time.sleep(0.7); print(len(sys.stdin.read()))")
    assert capture(slow, timeout_s=LONG_S, stdin="x" * 1_000_000).stdout == "1000000\n"


def test_capture_keeps_what_is_no_utf_8_visible() -> None:
    """Bytes that are no text do not make it fail."""
    done = capture(python("import sys; sys.stdout.buffer.write(b'a\\xffb')"), timeout_s=LONG_S)
    assert done.stdout == "a\N{REPLACEMENT CHARACTER}b"


def test_capture_tells_a_signal_as_a_negative_code() -> None:
    """As `subprocess` does."""
    done = capture(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), timeout_s=LONG_S)
    assert done.code == -signal.SIGKILL


def test_a_program_that_is_missing_is_named() -> None:
    """With what the system said."""
    with pytest.raises(Infrastructure, match="cannot start /no/such/program: No such file") as caught:
        capture(("/no/such/program", "x"), timeout_s=LONG_S)
    assert caught.value.exit_code is ExitCode.INDETERMINATE


def test_a_late_program_is_ended_and_quoted() -> None:
    """The message names the program, the time, and no more than its last five lines."""
    code = "import time\nfor n in range(9): print('line', n, flush=True)\ntime.sleep(60)"
    with quick(), pytest.raises(Infrastructure) as caught:
        capture(python(code), timeout_s=1.5)
    message = str(caught.value)
    assert message.startswith(f"{Path(sys.executable).name} did not end within 1.5 s: line 4\n")
    assert message.endswith("line 8")
    assert "line 3" not in message


def test_a_late_program_s_complaints_are_quoted_first() -> None:
    """What it wrote to stderr tells more than its output."""
    code = "import sys, time; print('output', flush=True); print('complaint', file=sys.stderr); time.sleep(60)"
    with pytest.raises(Infrastructure, match="complaint") as caught:
        capture(python(code), timeout_s=1.5)
    assert "output" not in str(caught.value)


def test_a_late_program_that_ignores_sigterm_is_ended_all_the_same() -> None:
    """SIGKILL follows."""
    with quick(), pytest.raises(Infrastructure, match="ready"):
        capture(python(DEAF), timeout_s=1)


@needs_proc
def test_a_late_program_s_runaway_does_not_hold_us() -> None:
    """A child that left the group keeps the pipes open; its last words are told without waiting for its end."""
    begun = time.monotonic()
    with pytest.raises(Infrastructure, match=r"did not end within 1 s: \d+") as caught:
        capture(python(PARENT.format(apart=True, seconds=60)), timeout_s=1)
    child = int(str(caught.value).rpartition(" ")[2])
    assert is_running(child)
    os.kill(child, signal.SIGKILL)
    assert time.monotonic() - begun < SOON_S


def test_a_cancel_from_another_thread_ends_a_capture() -> None:
    """With `Interrupted`, long before its time."""
    cancel = Cancel()
    threading.Timer(0.3, cancel.set).start()
    with quick(), pytest.raises(Interrupted):
        capture(python(SLEEP), timeout_s=LONG_S, cancel=cancel)


@needs_proc
def test_the_children_of_a_late_program_are_ended_too(tmp_path: Path) -> None:
    """Its whole group."""
    said = tmp_path / "pid"
    code = PARENT.replace("print(", "print(child.pid, file=open('pid', 'w')); print(")
    with pytest.raises(Infrastructure):
        capture(python(code.format(apart=False, seconds=60)), timeout_s=1.5, cwd=tmp_path)
    (child,) = words_of(said)
    until(lambda: not is_running(int(child)))


# ---------------------------------------------------------------- supervise


def test_all_that_is_said_goes_to_the_log(run: Callable[..., Completed], tmp_path: Path) -> None:
    """Both streams, after what the log already held; the code is the program's."""
    (tmp_path / "log").write_text("before\n")
    done = run("import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)")
    assert (done.code, done.stop, done.guard_message) == (3, Stop.EXITED, "")
    assert (tmp_path / "log").read_text() == "before\nout\nerr\n"


def test_a_supervised_program_has_the_environment_given_and_nothing_else(
    run: Callable[..., Completed], tmp_path: Path
) -> None:
    """Its folder is the one asked for, and nobody types."""
    code = "import os, sys; print(sorted(os.environ)); print(os.getcwd()); print(repr(sys.stdin.read()))"
    run(code, env={"LC_ALL": "C.UTF-8", "ONLY": "1"})
    assert (tmp_path / "log").read_text() == f"['LC_ALL', 'ONLY']\n{tmp_path.resolve()}\n''\n"


def test_a_log_is_cut_at_its_limit_and_the_program_goes_on(run: Callable[..., Completed], tmp_path: Path) -> None:
    """It writes far more than a pipe holds, ends by itself, and the log says how much is missing."""
    code = "import sys\nfor _ in range(300): sys.stdout.write('x' * 9999 + '\\n')\nopen('done', 'w')"
    with quick():
        done = run(code, log_limit_bytes=50_000)
    assert (done.code, done.stop) == (0, Stop.EXITED)
    assert (tmp_path / "done").exists()
    text = (tmp_path / "log").read_text()
    assert text[50_000:] == f"\n[harness: {CUT_NOTE}; {3_000_000 - 50_000} bytes more were not kept]\n"


def test_a_log_that_just_fits_is_not_cut(run: Callable[..., Completed], tmp_path: Path) -> None:
    """What it held before counts."""
    (tmp_path / "log").write_text("12345")
    run("print('x' * 94)", log_limit_bytes=100)
    assert (tmp_path / "log").read_text() == "12345" + "x" * 94 + "\n"
    run("print('y')", log_limit_bytes=100)
    assert f"{CUT_NOTE}; 2 bytes" in (tmp_path / "log").read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full")
def test_a_log_that_cannot_be_written_is_no_fault_of_the_program(run: Callable[..., Completed], tmp_path: Path) -> None:
    """It sees no broken pipe and ends as it would have; we raise, naming the log."""
    code = (
        "import sys\nfor _ in range(300): sys.stdout.write('x' * 9999 + '\\n')\nsys.stdout.flush()\nopen('done', 'w')"
    )
    with pytest.raises(Infrastructure, match="cannot write /dev/full: No space left"):
        run(code, log=Path("/dev/full"))
    assert (tmp_path / "done").exists()
    with pytest.raises(Infrastructure, match=r"cannot write .*: No such file"):
        run("", log=tmp_path / "missing" / "log")


def test_a_supervised_program_that_is_missing_is_named(tmp_path: Path) -> None:
    """And no pipe is left open."""
    folder = Path("/proc/self/fd")
    before = len(list(folder.iterdir())) if folder.exists() else 0
    with pytest.raises(Infrastructure, match="cannot start /no/such/program: No such file"):
        supervise(
            ("/no/such/program",),
            timeout_s=1,
            cwd=tmp_path,
            env={},
            log=tmp_path / "log",
            log_limit_bytes=1,
            cancel=Cancel(),
        )
    assert (len(list(folder.iterdir())) if folder.exists() else 0) == before


def test_a_supervised_program_that_is_late_is_ended(run: Callable[..., Completed], tmp_path: Path) -> None:
    """What it said until then is kept."""
    with quick():
        done = run("import time; print('so far', flush=True); time.sleep(60)", timeout_s=1.5)
    assert (done.stop, done.code) == (Stop.TIMED_OUT, -signal.SIGTERM)
    assert done.duration_s >= 1.5
    assert (tmp_path / "log").read_text() == "so far\n"


def test_a_supervised_program_may_end_in_peace(run: Callable[..., Completed], tmp_path: Path) -> None:
    """Out of time, it is told by SIGTERM first, so that it can clear up."""
    code = (
        "import signal, sys, time\n"
        "def end(*_): print('cleared up'); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "time.sleep(60)"
    )
    done = run(code, timeout_s=1.5)
    assert (done.stop, done.code) == (Stop.TIMED_OUT, 0)
    assert (tmp_path / "log").read_text() == "cleared up\n"


def test_a_supervised_program_that_ignores_sigterm_is_ended(run: Callable[..., Completed]) -> None:
    """SIGKILL follows after a moment."""
    with quick():
        done = run(DEAF, timeout_s=1)
    assert (done.stop, done.code) == (Stop.TIMED_OUT, -signal.SIGKILL)


def test_a_cancel_ends_a_supervised_program(run: Callable[..., Completed]) -> None:
    """From another thread, and told apart from a time-out."""
    cancel = Cancel()
    threading.Timer(0.3, cancel.set).start()
    with quick():
        done = run(SLEEP, cancel=cancel)
    assert done.stop is Stop.CANCELLED
    assert done.code < 0


def test_a_guard_ends_a_program_with_its_reason(run: Callable[..., Completed], tmp_path: Path) -> None:
    """It is asked again and again until it has one."""
    asked = []

    def guard() -> str:
        asked.append(time.monotonic())
        return "enough" if len(asked) == 3 else ""

    with quick():
        done = run(SLEEP, guard=guard, guard_every_s=0.6)
    assert (done.stop, done.guard_message) == (Stop.GUARDED, "enough")
    assert len(asked) == 3
    assert asked[1] - asked[0] > 0.55


def test_a_guard_that_breaks_leaves_nothing_running(run: Callable[..., Completed]) -> None:
    """Its error is ours to see, and the program is gone."""
    pids: list[int] = []

    def guard() -> str:
        raise ZeroDivisionError

    with quick(), pytest.raises(ZeroDivisionError):
        run(SLEEP, guard=guard, guard_every_s=0.1, started=pids.append)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_whoever_is_told_of_the_start_may_fail(run: Callable[..., Completed]) -> None:
    """Then the program does not run on unattended."""
    pids: list[int] = []

    def started(pid: int) -> None:
        pids.append(pid)
        raise OSError("no room to write that down")

    with quick(), pytest.raises(OSError, match="no room"):
        run(SLEEP, started=started)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_the_process_told_leads_its_group(run: Callable[..., Completed], tmp_path: Path) -> None:
    """Ending that group ends the program and cannot end us."""
    pids: list[int] = []
    run("import os; print(os.getpid(), os.getpgrp(), os.getsid(0))", started=pids.append)
    assert words_of(tmp_path / "log") == [str(pids[0])] * 3


@needs_proc
@pytest.mark.parametrize("seconds", [0, 60], ids=["it ends", "its time is up"])
def test_the_children_of_a_supervised_program_are_ended_too(
    seconds: int, run: Callable[..., Completed], tmp_path: Path
) -> None:
    """Whether it ends by itself or not; what they say while they last does not delay its end."""
    with quick():
        done = run(PARENT.format(apart=False, seconds=seconds), timeout_s=1.5)
    assert done.stop is (Stop.TIMED_OUT if seconds else Stop.EXITED)
    (child,) = words_of(tmp_path / "log")
    until(lambda: not is_running(int(child)))


@needs_proc
def test_a_child_that_left_the_group_does_not_hold_us(run: Callable[..., Completed], tmp_path: Path) -> None:
    """It keeps the pipe open; we wait for its words no longer than a few seconds. (The ledger is told of servers.)"""
    code = PARENT.replace("print(", "print(child.pid, file=open('pid', 'w')); print(")
    with quick():
        done = run(code.format(apart=True, seconds=0))
    assert (done.stop, done.code) == (Stop.EXITED, 0)
    (child,) = words_of(tmp_path / "pid")
    assert is_running(int(child))
    os.kill(int(child), signal.SIGKILL)
    until(lambda: words_of(tmp_path / "log") == [child])  # kept once the pipe closes


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
def test_a_signal_is_a_negative_code(number: signal.Signals, run: Callable[..., Completed]) -> None:
    """And no time-out."""
    done = run(f"import os; os.kill(os.getpid(), {int(number)})")
    assert (done.stop, done.code) == (Stop.EXITED, -number)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is set from outside")
def test_a_file_does_not_grow_past_its_limit(run: Callable[..., Completed], tmp_path: Path) -> None:
    """The program gets an error of its own; smaller files are written, and the log has a limit of its own."""
    code = (
        "import time; time.sleep(0.3)\n"  # the limit is set from outside, just after the start
        "open('small', 'wb').write(b'x' * 1000)\n"
        "print('x' * 20_000, flush=True)\n"
        "open('big', 'wb').write(b'x' * 1_000_000)\n"
    )
    done = run(code, file_limit_bytes=10_000)
    assert done.code == 1
    assert "File too large" in (tmp_path / "log").read_text()
    assert (tmp_path / "small").stat().st_size == 1000
    assert (tmp_path / "big").stat().st_size == 10_000
    assert run(code).code == 0


# ---------------------------------------------------------------- background


def test_a_background_program_runs_for_as_long_as_the_block(tmp_path: Path) -> None:
    """Its output is appended to the log; the end of the block is its end."""
    log = tmp_path / "log"
    log.write_text("before\n")
    with background(python("print('up', flush=True);" + SLEEP), cwd=tmp_path, env=os.environ, log=log) as popen:
        until(lambda: words_of(log) == ["before", "up"])
        assert popen.poll() is None
    assert popen.returncode == -signal.SIGTERM


def test_a_background_program_is_ended_when_the_block_fails(tmp_path: Path) -> None:
    """As when it does not."""
    with (
        pytest.raises(ZeroDivisionError),
        background(python(SLEEP), cwd=tmp_path, env=os.environ, log=tmp_path / "log") as popen,
    ):
        raise ZeroDivisionError
    assert popen.returncode == -signal.SIGTERM


def test_a_background_program_that_ignores_sigterm_is_ended(tmp_path: Path) -> None:
    """After its grace."""
    log = tmp_path / "log"
    with quick(), background(python(DEAF), cwd=tmp_path, env=os.environ, log=log, grace_s=0.5) as popen:
        until(lambda: words_of(log) == ["ready"])
    assert popen.returncode == -signal.SIGKILL


def test_a_background_program_is_asked_to_stop_as_it_likes(tmp_path: Path) -> None:
    """A database server has a signal of its own for a fast shutdown, and gets the time for it."""
    log = tmp_path / "log"
    code = (
        "import signal, sys, time\n"
        "def end(*_): time.sleep(0.3); print('shut down', flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGINT, end)\n"
        "print('up', flush=True)\n"
        "time.sleep(60)"
    )
    with background(
        python(code), cwd=tmp_path, env=os.environ, log=log, stop_signal=signal.SIGINT, grace_s=SOON_S
    ) as popen:
        until(lambda: words_of(log))
    assert popen.returncode == 0
    assert log.read_text() == "up\nshut down\n"


@needs_proc
def test_the_children_of_a_background_program_are_ended_too(tmp_path: Path) -> None:
    """Its whole group."""
    log = tmp_path / "log"
    command = python(PARENT.format(apart=False, seconds=60))
    with background(command, cwd=tmp_path, env=os.environ, log=log):
        (child,) = until(lambda: words_of(log))
        assert is_running(int(child))
    until(lambda: not is_running(int(child)))


def test_a_background_program_may_listen(tmp_path: Path) -> None:
    """Through a pipe, whose end it sees; without one, its input is empty."""
    code = "import sys\nfor line in sys.stdin: print('heard', line, end='', flush=True)\nprint('end', flush=True)"
    log = tmp_path / "log"
    command = python(code)
    with background(command, cwd=tmp_path, env=os.environ, log=log, is_stdin_piped=True) as popen:
        assert popen.stdin is not None
        popen.stdin.write(b"hello\n")
        popen.stdin.flush()
        until(lambda: log.read_text() == "heard hello\n")
    assert popen.stdin.closed
    with background(command, cwd=tmp_path, env=os.environ, log=tmp_path / "other") as popen:
        until(lambda: words_of(tmp_path / "other") == ["end"])
    assert popen.stdin is None


def test_a_background_program_that_is_missing_is_named(tmp_path: Path) -> None:
    """With what the system said."""
    with (
        pytest.raises(Infrastructure, match="cannot start /no/such/program: No such file"),
        background(("/no/such/program",), cwd=tmp_path, env={}, log=tmp_path / "log"),
    ):
        pass


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system does not tell")
def test_what_left_its_session_is_known_by_its_evidence(tmp_path: Path) -> None:
    """A program that a cell detached is ended with the cell's folder; one of another cell's is not."""
    started = []
    for name in ("cell-1", "cell-10"):
        env = {"HARNESS_EVIDENCE": str(tmp_path / name / "evidence"), "PATH": os.environ["PATH"]}
        with background(python("import time; time.sleep(60)"), cwd=tmp_path, env=env, log=tmp_path / "log") as popen:
            started.append(popen)
            # a program has begun a moment before the system tells what it has inherited
            until(lambda: Path(f"/proc/{popen.pid}/environ").read_bytes())
            if name == "cell-10":
                end_strays(tmp_path / "cell-1")
                assert popen.poll() is None
                end_strays(tmp_path / "cell-10")
                assert until(lambda: popen.poll() is not None)
            else:
                end_strays(tmp_path / "cell-1")
                assert until(lambda: started[0].poll() is not None)


@pytest.mark.parametrize(
    ("words", "code"),
    [(("sh", "-c", "exit 7"), 7), (("sh", "-c", "kill -9 $$"), 137), (("sh", "-c", "cat here; exit $X"), 3)],
    ids=["code", "signal", "folder and variables"],
)
def test_a_program_in_the_foreground_gives_its_code(tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    """As a shell tells it; it sees the folder and the variables that it is given, and Ctrl-C is as it was."""
    (tmp_path / "here").touch()
    before = signal.getsignal(signal.SIGINT)
    assert foreground(words, cwd=tmp_path, env={"PATH": os.defpath, "X": "3"}) == code
    assert signal.getsignal(signal.SIGINT) is before


def test_a_program_in_the_foreground_that_is_missing_is_named(tmp_path: Path) -> None:
    """With its name, as any other."""
    with pytest.raises(Infrastructure, match="cannot start nowhere"):
        foreground(("nowhere",), cwd=tmp_path, env={})


def test_a_cancelled_program_may_be_given_time(run: Callable[..., Completed], tmp_path: Path) -> None:
    """To tidy up: what it does within it is done."""
    tidy = "lambda *_: (time.sleep(0.6), print('tidy', flush=True), sys.exit())"
    ready = "open('ready', 'w').close()"
    code = f"import signal, sys, time; signal.signal(signal.SIGTERM, {tidy}); {ready}; time.sleep(60)"
    cancel = Cancel()
    watch = threading.Thread(target=lambda: (until((tmp_path / "ready").exists), cancel.set()))
    watch.start()
    done = run(code, cancel=cancel, cancel_grace_s=SOON_S)
    watch.join()
    assert done.stop is Stop.CANCELLED
    assert "tidy" in words_of(tmp_path / "log")
