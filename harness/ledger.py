"""What this run has started, on disk, so that whoever comes after can remove it.

A run appends to a file of its own; the first line says who it is. A small companion process sees the run's
death as the end of its standard input and sweeps that file; should it die as well, the next run sweeps.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness import process
from harness.errors import Infrastructure
from harness.model.owner import is_expired, new_token

OWNER_LABEL = "harness.owner"


class Ledger:
    """One run's list of what must not outlive it. Its methods may be called from several threads.

    Make it with `open`, use it as a context manager. Registering is all that its context managers do: whoever
    registers a thing also removes it, and a thing is registered before it exists wherever that can be done.
    """

    def __init__(self, *, folder: Path, owner: str, path: Path, swept: tuple[str, ...]) -> None:
        self.owner = owner
        self.swept = swept  # what earlier runs had left behind, a clause each
        self._folder, self._path = folder, path
        self._lock = threading.Lock()
        self._count = 0
        self._reaper: contextlib.ExitStack = contextlib.ExitStack()
        self._give_notice: Any = None

    @classmethod
    def open(cls, folder: Path) -> Ledger:
        """Sweep what dead runs left in *folder* and begin a list of our own, watched by a companion.

        Raises:
            Infrastructure: the folder cannot be written, or the companion cannot be started.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            swept = sweep(folder)
            owner = new_token(time.time())
            path = folder / f"{owner}.jsonl"
            identity = {"owner": owner, "pid": os.getpid(), "ticks": start_ticks(os.getpid()), "boot": boot_id()}
            with path.open("x") as file:
                file.write(json.dumps(identity) + "\n")
        except OSError as error:
            raise Infrastructure(f"cannot keep the list of what runs in {folder}: {error}") from error
        ledger = cls(folder=folder, owner=owner, path=path, swept=swept)
        ledger._start_reaper()
        return ledger

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what is still registered, then the list."""
        _sweep_file(self._path)
        if self._give_notice is not None:
            with contextlib.suppress(OSError, ValueError):
                self._give_notice.write(b"bye\n")
                self._give_notice.close()
        self._reaper.close()

    @contextlib.contextmanager
    def process(self, pid: int, *, stop: signal.Signals = signal.SIGKILL) -> Iterator[None]:
        """Register a process group for as long as the block lasts; *stop* is how its leader wants to be ended."""
        with self._entry("process", str(pid), ticks=start_ticks(pid), stop=int(stop)):
            yield

    @contextlib.contextmanager
    def folder(self, path: Path) -> Iterator[None]:
        """Register a folder, existing or not."""
        with self._entry("folder", str(path.absolute())):
            yield

    @contextlib.contextmanager
    def temporary(self, prefix: str, *, inside: Path | None = None) -> Iterator[Path]:
        """Make a folder for as long as the block lasts, in the system's temporary one unless told otherwise.

        It is ours alone, and registered before it exists.
        """
        path = (inside or Path(tempfile.gettempdir())) / f"{prefix}{secrets.token_hex(6)}"
        with self.folder(path):
            path.mkdir(mode=0o700)
            try:
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)

    @contextlib.contextmanager
    def container(self, name: str) -> Iterator[None]:
        """Register a container that carries the label `OWNER_LABEL` = `owner`; *name* is for messages."""
        with self._entry("container", name):
            yield

    @contextlib.contextmanager
    def databases(self, url_env: str) -> Iterator[None]:
        """Register that databases named after `owner` lie on the server whose DSN *url_env* holds."""
        with self._entry("databases", url_env):
            yield

    def dead_owners(self, url_env: str) -> tuple[str, ...]:
        """Return the tokens of dead runs that left databases on the server of *url_env*."""
        found = []
        for path in sorted(self._folder.glob("*.jsonl")):
            header, entries = _read(path)
            if header and not _is_alive(header) and any(e["what"] == ["databases", url_env] for e in entries):
                found.append(str(header["owner"]))
        return tuple(found)

    def forget(self, owner: str, url_env: str) -> None:
        """Note that the databases of the dead run *owner* on that server are gone."""
        path = self._folder / f"{owner}.jsonl"
        with contextlib.suppress(OSError), path.open("a") as file:
            file.write(json.dumps({"forget": ["databases", url_env]}) + "\n")
        _sweep_file(path)

    @contextlib.contextmanager
    def _entry(self, kind: str, name: str, **more: Any) -> Iterator[None]:
        with self._lock:
            self._count += 1
            number = self._count
        self._append({"add": number, "what": [kind, name], **more})
        try:
            yield
        finally:
            self._append({"done": number})

    def _append(self, entry: dict[str, Any]) -> None:
        with contextlib.suppress(FileNotFoundError), self._lock, open(self._path, "a", opener=_open_existing) as file:
            file.write(json.dumps(entry) + "\n")

    def _start_reaper(self) -> None:
        popen = self._reaper.enter_context(
            process.background(
                [sys.executable, "-m", "harness.ledger", self._path.absolute()],
                cwd=Path("/"),
                env=process.clean_environment({"PYTHONPATH": str(Path(__file__).absolute().parents[1])}),
                log=Path(os.devnull),
                is_stdin_piped=True,
            )
        )
        self._give_notice = popen.stdin


def _open_existing(path: str, flags: int) -> int:
    """Open a list that is there: what ends after `Ledger.close` must not begin a new one."""
    return os.open(path, flags & ~os.O_CREAT)


def start_ticks(pid: int) -> str:
    """Return what tells a process from a later one of the same number; "" if there is none, or but its corpse."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else fields[19]
    done = process.capture(["ps", "-o", "stat=,lstart=", "-p", str(pid)], timeout_s=10)
    state, _, begun = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else begun.strip()


def boot_id() -> str:
    """Return what tells this boot, seen from this process namespace, from others; "" where the system has no name."""
    try:
        return (
            Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            + " "
            + str(Path("/proc/self/ns/pid").readlink())
        )
    except OSError:
        return ""


def sweep(folder: Path) -> tuple[str, ...]:
    """Remove what dead runs registered in *folder*; return a clause for each thing. A live run's are not touched."""
    found: list[str] = []
    for path in sorted(folder.glob("*.jsonl")):
        header, _ = _read(path)
        if header is not None and not _is_alive(header):
            found += _sweep_file(path)
    return tuple(found)


def _is_alive(header: dict[str, Any]) -> bool:
    here, there = boot_id().split(), str(header["boot"]).split()
    if here[:1] != there[:1]:
        return False
    if here != there:  # another container's: its process numbers mean nothing here
        return not is_expired(str(header["owner"]), time.time())
    return bool(header["ticks"]) and start_ticks(int(header["pid"])) == header["ticks"]


def _read(path: Path) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return the header and the open entries; None for a file that is gone or says not whose it is."""
    try:
        lines = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
        header, entries = lines[0], lines[1:]
        if not {"owner", "pid", "ticks", "boot"} <= header.keys():
            return None, []
    except (OSError, ValueError, IndexError, AttributeError):
        return None, []
    done = {entry["done"] for entry in entries if "done" in entry}
    forgotten = [entry["forget"] for entry in entries if "forget" in entry]
    return header, [e for e in entries if "add" in e and e["add"] not in done and e["what"] not in forgotten]


def _sweep_file(path: Path) -> list[str]:
    """Remove what one file lists. What only another room can remove (databases) stays listed."""
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("r+"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return []  # gone, or being swept by another
        header, entries = _read(path)
        if header is None:
            return []
        swept: list[str] = []
        left: list[dict[str, Any]] = []
        if any(entry["what"][0] == "container" for entry in entries):
            removed = _remove_containers(str(header["owner"]))
            if removed is None and not is_expired(str(header["owner"]), time.time()):
                left += [entry for entry in entries if entry["what"][0] == "container"]
            swept += removed or []
        for entry in reversed(entries):  # what was started last goes first, as with a stack
            kind, name = entry["what"]
            if kind == "process" and _end_process(int(name), str(entry["ticks"]), int(entry["stop"])):
                swept.append(f"process {name}")
            elif kind == "folder" and _remove_folder(Path(name)):
                swept.append(f"folder {name}")
            elif kind == "databases":
                left.append(entry)
        if left:
            file.seek(0)
            file.truncate()
            file.writelines(json.dumps(item) + "\n" for item in (header, *left))
        else:
            path.unlink(missing_ok=True)
    return swept


def _end_process(pid: int, ticks: str, stop: int) -> bool:
    """End a group if its leader is the one registered: *stop* to the leader, after a second SIGKILL to all."""
    if not ticks or start_ticks(pid) != ticks:
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, stop)
        deadline = time.monotonic() + 1
        while start_ticks(pid) == ticks and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(pid, signal.SIGKILL)
    return True


def _remove_folder(path: Path) -> bool:
    if path.is_symlink() or not path.is_dir() or len(path.parts) < 3:
        return False
    process.end_strays(path)
    for _ in range(10):  # a server that is just ending may still be writing
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            break
        time.sleep(0.05)
    return True


def _remove_containers(owner: str) -> list[str] | None:
    """Remove the containers labelled with *owner*; None if no engine answers: they may be there when it is back."""
    import docker  # 0.2 s that runs without containers do not spend
    from docker.errors import APIError, DockerException

    removed = []
    try:
        client = docker.client.DockerClient.from_env(timeout=20)  # type: ignore[no-untyped-call]  # has no types
        with contextlib.closing(client):
            for container in client.containers.list(
                all=True, ignore_removed=True, filters={"label": f"{OWNER_LABEL}={owner}"}
            ):
                with contextlib.suppress(APIError):
                    container.remove(force=True, v=True)
                    removed.append(f"container {container.name}")
    except (DockerException, OSError):
        return None
    return removed


def reap(path: Path) -> int:
    """Wait for the end of standard input; unless it came with a farewell, sweep *path* once its owner is dead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.stdin.read().endswith("bye\n"):
        return 0
    header, _ = _read(path)
    deadline = time.monotonic() + 10
    while header is not None and time.monotonic() < deadline:
        if not _is_alive(header):
            _sweep_file(path)
            return 0
        time.sleep(0.05)
    return 1


if __name__ == "__main__":
    raise SystemExit(reap(Path(sys.argv[1])))
