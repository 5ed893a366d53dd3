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
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO

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
        with _file_of(stdin) as source:
            popen = subprocess.Popen(
                [str(part) for part in command],
                stdin=source,
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
        while True:
            try:
                stdout, stderr = popen.communicate(timeout=POLL_S)
                break
            except subprocess.TimeoutExpired:
                late = time.monotonic() - started > timeout_s
                if late or (cancel is not None and cancel.is_set()):
                    end_group(popen, grace_s=0.5)
                    said = _last_words(popen)
                    if late:
                        name = Path(command[0]).name
                        raise Infrastructure(f"{name} did not end within {timeout_s:g} s: {said}") from None
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
    cancel_grace_s: float = 0.2,
) -> Completed:
    """Run a cell's command: its output goes to *log* up to a limit; time-out, cancel or *guard* end it.

    After a cancel it has *cancel_grace_s* seconds to tidy up. *guard* is asked every *guard_every_s* seconds: it gives
    the reason for which the program must end, or an empty string.
    *started* is told the process id (which is the group's).

    Raises:
        Infrastructure: it cannot be started, or *log* cannot be written.
    """
    begun = time.monotonic()
    popen, reader = _start_piped(command, cwd=cwd, env=env)
    trouble: list[OSError] = []
    drain = threading.Thread(target=_drain, args=(reader, log, log_limit_bytes, trouble), daemon=True)
    drain.start()
    stop, message = Stop.EXITED, ""
    next_guard = begun + guard_every_s
    try:
        started(popen.pid)
        _limit_files(popen.pid, file_limit_bytes)
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
                end_group(popen, grace_s=cancel_grace_s if stop is Stop.CANCELLED else GRACE_S)
                break
    finally:
        end_group(popen, grace_s=0.0)  # what the program left running, too
        drain.join(timeout=5)
    if trouble:
        raise Infrastructure(f"cannot write {log}: {trouble[0].strerror or trouble[0]}")
    return Completed(code=popen.returncode, stop=stop, duration_s=time.monotonic() - begun, guard_message=message)


def _start_piped(
    command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program; return it with the end of a pipe at which all it says comes out."""
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
    return popen, reader


def foreground(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> int:
    """Hand the terminal to a program and return its exit code, as a shell does: 128 and the number for a signal.

    It stays in our process group, so that the terminal's Ctrl-C reaches it; what it does then is its business, and we
    wait. To be called from the main thread.

    Raises:
        Infrastructure: it cannot be started.
    """
    before = signal.getsignal(signal.SIGINT)
    # a handler, not SIG_IGN, which the program would inherit
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        popen = subprocess.Popen([str(part) for part in command], cwd=cwd, env=dict(env))
        try:
            code = popen.wait()
        except BaseException:  # SIGTERM: we are asked to end
            popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(timeout=GRACE_S)
            popen.kill()
            popen.wait()
            raise
    except OSError as error:
        raise Infrastructure(f"cannot start {command[0]}: {error.strerror or error}") from error
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


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
        if popen.stdin is not None:
            with contextlib.suppress(OSError):  # nobody is left to read what was not yet sent
                popen.stdin.close()


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


def end_strays(folder: Path) -> None:
    """End what a cell below *folder* left running in sessions of its own, where the system tells (Linux).

    Such programs escape their group; what tells them is the `HARNESS_EVIDENCE` that they inherited.
    """
    mark = f"HARNESS_EVIDENCE={folder}/".encode()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError, ValueError):
            if any(item.startswith(mark) for item in environ.read_bytes().split(b"\0")):
                os.kill(int(environ.parent.name), signal.SIGKILL)


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


def _drain(reader: int, log: Path, limit_bytes: int, trouble: list[OSError]) -> None:
    """Copy the pipe into *log*; past the limit, or in *trouble*, read on without keeping: the program never blocks.

    Nor does it see a broken pipe because of a full disk of ours.
    """
    with open(reader, "rb", buffering=0) as source:
        try:
            _keep(source, log, limit_bytes)
        except OSError as error:
            trouble.append(error)
            while source.read(65536):
                pass


def _keep(source: IO[bytes], log: Path, limit_bytes: int) -> None:
    lost = 0
    with log.open("ab") as sink:
        kept = sink.tell()
        while chunk := source.read(65536):
            room = max(0, limit_bytes - kept)
            sink.write(chunk[:room])
            kept += min(room, len(chunk))
            lost += max(0, len(chunk) - room)
        if lost:
            sink.write(f"\n[harness: {CUT_NOTE}; {lost} bytes more were not kept]\n".encode())


CUT_NOTE = "the log was cut here at its limit"


@contextlib.contextmanager
def _file_of(text: str | None) -> Iterator[int | IO[bytes]]:
    """Give a text as a file to read: what a pipe cannot hold, `communicate` forgets at its first time-out."""
    if text is None:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as file:
        file.write(text.encode("utf-8", "surrogateescape"))
        file.seek(0)
        yield file


def _last_words(popen: subprocess.Popen[str], lines: int = 5) -> str:
    """Return the last lines of a program that was ended. One that left its group may hold the pipes: not for ever."""
    try:
        stdout, stderr = popen.communicate(timeout=1)
    except subprocess.TimeoutExpired as error:
        stdout, stderr = (_decoded(said) for said in (error.stdout, error.stderr))
    return "\n".join((stderr or stdout).strip().splitlines()[-lines:])


def _decoded(said: bytes | str | None) -> str:
    """Return what a time-out carries as text: it comes as bytes even from a program whose output is text."""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said or ""
