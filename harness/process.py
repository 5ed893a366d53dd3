"""Starts programs: the only module that does.

Every program runs in a process group of its own, without a shell, with a bounded time, and is
ended as a group. A `Cancel` set by another thread ends what is running.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from harness.errors import Infrastructure, Interrupted

GRACE_S = 2.0
POLL_S = 0.25


class Stop(Enum):
    """Why a program came to its end."""

    EXITED = "exited"
    TIMED_OUT = "timed-out"
    CANCELLED = "cancelled"
    GUARDED = "guarded"  # the guard asked for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """How a program ended. *code* is negative for a signal, as in `subprocess`."""

    code: int
    stop: Stop
    stdout: str = ""
    stderr: str = ""
    duration_s: float = 0.0
    guard_message: str = ""


class Cancel:
    """A switch that ends waits and running programs; set once, from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask everything to stop."""
        self._event.set()

    def is_set(self) -> bool:
        """Tell whether a stop was asked for."""
        return self._event.is_set()

    def wait(self, timeout_s: float) -> bool:
        """Sleep, but no longer than until the stop; tell whether it came."""
        return self._event.wait(timeout_s)

    def check(self) -> None:
        """Raise `Interrupted` if a stop was asked for."""
        if self._event.is_set():
            raise Interrupted("interrupted")


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without what would make another Python import our packages."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return env | dict(extra or {})


def capture(
    command: Sequence[str | Path],
    *,
    timeout_s: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    cancel: Cancel | None = None,
    user: int | None = None,
) -> Completed:
    """Run a short-lived tool and return its output as text.

    Raises:
        Infrastructure: it cannot be started, or takes longer than *timeout_s*.
        Interrupted: *cancel* was set while it ran.
    """
    started = time.monotonic()
    try:
        popen = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=dict(env) if env is not None else clean_environment(),
            start_new_session=True,
            text=True,
            errors="replace",
            user=user,
        )
    except OSError as error:
        raise Infrastructure(f"cannot start {command[0]}: {error.strerror or error}") from error
    with popen:
        give = stdin
        while True:
            try:
                stdout, stderr = popen.communicate(give, timeout=POLL_S)
                break
            except subprocess.TimeoutExpired:
                give = None
                late = time.monotonic() - started > timeout_s
                if late or (cancel is not None and cancel.is_set()):
                    end_group(popen, grace_s=0.5)
                    stdout, stderr = popen.communicate()
                    if late:
                        raise Infrastructure(
                            f"{Path(command[0]).name} did not end within {timeout_s:.0f} s: {_tail(stderr or stdout)}"
                        ) from None
                    raise Interrupted("interrupted") from None
            except BaseException:
                end_group(popen, grace_s=0.5)
                raise
    return Completed(
        code=popen.returncode,
        stop=Stop.EXITED,
        stdout=stdout,
        stderr=stderr,
        duration_s=time.monotonic() - started,
    )


def supervise(
    command: Sequence[str | Path],
    *,
    timeout_s: float,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    log_limit_bytes: int,
    cancel: Cancel,
    guard: Callable[[], str] = lambda: "",
    guard_every_s: float = 1.0,
    file_limit_bytes: int | None = None,
    started: Callable[[int], None] = lambda pid: None,
) -> Completed:
    """Run a cell's command: its output goes to *log* up to a limit; time-out, cancel or *guard* end it.

    *guard* is asked every *guard_every_s* seconds and returns why the program must end, or an empty string.
    *started* is told the process id (which is the group's).

    Raises:
        Infrastructure: it cannot be started.
    """
    begun = time.monotonic()
    reader, writer = os.pipe()
    try:
        popen = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
        )
    except OSError as error:
        os.close(reader)
        raise Infrastructure(f"cannot start {command[0]}: {error.strerror or error}") from error
    finally:
        os.close(writer)
    started(popen.pid)
    _limit_files(popen.pid, file_limit_bytes)
    drain = threading.Thread(target=_drain, args=(reader, log, log_limit_bytes), daemon=True)
    drain.start()
    stop, message = Stop.EXITED, ""
    next_guard = begun + guard_every_s
    try:
        while True:
            if _has_ended(popen, POLL_S):
                break
            now = time.monotonic()
            if cancel.is_set():
                stop = Stop.CANCELLED
            elif now - begun > timeout_s:
                stop = Stop.TIMED_OUT
            elif now >= next_guard:
                next_guard = now + guard_every_s
                message = guard()
                stop = Stop.GUARDED if message else stop
            if stop is not Stop.EXITED:
                end_group(popen, grace_s=0.2 if stop is Stop.CANCELLED else GRACE_S)
                break
    finally:
        end_group(popen, grace_s=0.0)  # what the program left running, too
        drain.join(timeout=5)
    return Completed(code=popen.returncode, stop=stop, duration_s=time.monotonic() - begun, guard_message=message)


@contextlib.contextmanager
def background(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    user: int | None = None,
    group: int | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    grace_s: float = 5.0,
    is_stdin_piped: bool = False,
) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a server running for as long as the block lasts; its output is appended to *log*.

    With *is_stdin_piped* its standard input is a pipe that this process alone holds: it sees our death as end of file.

    Raises:
        Infrastructure: it cannot be started.
    """
    with log.open("ab") as sink:
        try:
            popen = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.PIPE if is_stdin_piped else subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=dict(env),
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=[] if user is not None else None,
            )
        except OSError as error:
            raise Infrastructure(f"cannot start {command[0]}: {error.strerror or error}") from error
    try:
        yield popen
    finally:
        end_group(popen, first=stop_signal, grace_s=grace_s)


def end_group(
    popen: subprocess.Popen[bytes] | subprocess.Popen[str], *, grace_s: float, first: signal.Signals = signal.SIGTERM
) -> None:
    """End a program and all of its group: *first*, then, after *grace_s* seconds, SIGKILL."""
    if grace_s > 0 and popen.poll() is None:
        _signal_group(popen.pid, first)
        with contextlib.suppress(subprocess.TimeoutExpired):
            popen.wait(timeout=grace_s)
    _signal_group(popen.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        popen.wait(timeout=5)


def _has_ended(popen: subprocess.Popen[bytes], timeout_s: float) -> bool:
    """Wait for a program's end, no longer than *timeout_s*; on Linux without polling, which costs each cell 25 ms."""
    try:
        handle = os.pidfd_open(popen.pid)
    except (AttributeError, OSError):
        with contextlib.suppress(subprocess.TimeoutExpired):
            popen.wait(timeout=timeout_s)
        return popen.poll() is not None
    try:
        poll = select.poll()  # `select` knows no more than 1,024 open files
        poll.register(handle, select.POLLIN)
        poll.poll(timeout_s * 1000)
    finally:
        os.close(handle)
    return popen.poll() is not None


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _limit_files(pid: int, limit_bytes: int | None) -> None:
    """Bound the size of each file that the program writes, where the system can do that from outside (Linux)."""
    if limit_bytes is None:
        return
    import resource  # not on every platform

    if hasattr(resource, "prlimit"):
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))


def _drain(reader: int, log: Path, limit_bytes: int) -> None:
    """Copy the pipe into *log*; past the limit, read on without keeping, so that the program never blocks."""
    lost = 0
    with open(reader, "rb", buffering=0) as source, log.open("ab") as sink:
        kept = sink.tell()
        while chunk := source.read(65536):
            room = max(0, limit_bytes - kept)
            sink.write(chunk[:room])
            kept += min(room, len(chunk))
            lost += max(0, len(chunk) - room)
        if lost:
            sink.write(f"\n[harness: {CUT_NOTE}; {lost} bytes more were not kept]\n".encode())


CUT_NOTE = "the log was cut here at its limit"


def _tail(text: str, lines: int = 5) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])
