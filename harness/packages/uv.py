"""Runs uv."""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import process
from harness.errors import IndexUnreachable, UsageError
from harness.packages.index_urls import IndexUrl, IndexUrls, configured
from harness.process import Cancel

# Settings of the user's that would make the same question have another answer. Those about indexes, networks,
# certificates and caches stay.
_CHANGES_THE_ANSWER = re.compile(
    r"UV_(PYTHON|PYTHON_PREFERENCE|PYTHON_DOWNLOADS|MANAGED_PYTHON|NO_MANAGED_PYTHON|SYSTEM_PYTHON|BREAK_SYSTEM_PACKAGES"
    r"|TARGET|PREFIX|EXCLUDE_NEWER|EXCLUDE_NEWER_PACKAGE|RESOLUTION|PRERELEASE|FORK_STRATEGY|CONSTRAINT|OVERRIDE|EXCLUDE"
    r"|BUILD_CONSTRAINT|NO_BINARY.*|NO_BUILD.*|ONLY_BINARY|REQUIRE_HASHES|NO_VERIFY_HASHES|COMPILE_BYTECODE|TORCH_BACKEND"
    r"|CUSTOM_COMPILE_COMMAND|PROJECT|WORKING_DIR.*|PROJECT_ENVIRONMENT|NO_SOURCES.*|VENV_.*|PREVIEW.*|QUIET|VERBOSE"
    r"|LOG.*|NO_CACHE|UPGRADE|NO_EMIT.*|CONFIG_SETTINGS)"
)
_CHOOSES_AN_INDEX = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_NETWORK = re.compile(
    r"error sending request|request failed after|failed to fetch|client error \(connect\)|dns error|tcp connect error"
    r"|network connectivity is disabled|because the network was disabled|could not be queried due to"
    r"|HTTP status (?:server|client) error \((?:5\d\d|401|403|407|408|429)|operation timed out"
    r"|connection (?:closed|reset|refused)|error decoding response body",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What uv said. *words* is all that follows ``error:``, empty on success."""

    code: int
    stdout: str
    words: str


def find_uv(environ: Mapping[str, str]) -> Path:
    """Return uv's program: that of the PyPI package ``uv`` beside us, else the one on PATH.

    Raises:
        UsageError: there is none.
    """
    try:
        import uv as package

        return Path(package.find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv", path=environ.get("PATH"))
    if found is None:
        raise UsageError("uv was not found", remedy="python -m pip install uv")
    return Path(found)


class Uv:
    """uv with the user's indexes, and nothing else of the user's that could change an answer.

    What uv's own cache holds of an index is taken as it is when it was fetched after the as-of date, since what was
    uploaded later is left out anyway: the index is asked once per run, not once per resolution. Safe to share among
    threads.
    """

    def __init__(
        self,
        *,
        cache: Path,
        environ: Mapping[str, str],
        project: Path | None = None,
        as_of: dt.datetime | None = None,
        now: Callable[[], dt.datetime],
    ) -> None:
        """Prepare to run uv.

        Args:
            cache: the harness's folder; uv's own cache is where the user has it.
            environ: the environment to look up uv, its settings and its indexes in.
            project: where the user's `uv.toml` or `pyproject.toml` is looked for.
            as_of: how old an answer of the index may be.
            now: the clock.
        """
        self._cache, self._as_of, self._now = cache, as_of, now
        self._given = dict(environ)
        self._is_down = False
        self._configurable = not (environ.get("UV_NO_CONFIG") or environ.get("UV_CONFIG_FILE"))
        self.urls: IndexUrls = configured(environ, project)

    @functools.cached_property
    def program(self) -> Path:
        """uv's program; see `find_uv` for errors."""
        return find_uv(self._given)

    def version(self) -> str:
        """Return uv's version ("0.13.9")."""
        said = self.run(["--version"], timeout_s=30).stdout.split()
        return said[1] if len(said) > 1 else ""

    def run(
        self,
        arguments: Sequence[str | Path],
        *,
        timeout_s: float,
        stdin: str | None = None,
        cancel: Cancel | None = None,
        extra: Mapping[str, str] | None = None,
    ) -> Answer:
        """Run uv in an empty folder and return what it said.

        Raises:
            IndexUnreachable: the index, or the network to it, gave no answer; with uv's words.
            Infrastructure: uv cannot be started, or takes longer than *timeout_s*.
            Interrupted: *cancel* was set while it ran.
        """
        parent = self._cache / "tmp"
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=parent, prefix="uv-") as folder:
            if self._configurable:
                (Path(folder) / "uv.toml").write_text(self._configuration(), encoding="utf-8")
            ended = process.capture(
                [self.program, *arguments, "--color", "never", "--no-progress"],
                timeout_s=timeout_s,
                cwd=Path(folder),
                env=self._environment() | dict(extra or {}),
                stdin=stdin,
                cancel=cancel,
            )
        words = _words(ended.stderr) if ended.code else ""
        self._is_down = bool(words and _NETWORK.search(words))
        if self._is_down:
            raise IndexUnreachable(
                f"the package index gave no answer: {words}",
                remedy="check the network, and the index that UV_DEFAULT_INDEX or uv.toml names",
            )
        return Answer(code=ended.code, stdout=ended.stdout, words=words)

    def surroundings(self, folder: Path) -> dict[str, str]:
        """Return the environment for a program that runs uv itself, on the same indexes; *folder* gets a `uv.toml`."""
        env = self._environment()
        if self._configurable:
            (folder / "uv.toml").write_text(self._configuration(), encoding="utf-8")
            env["UV_CONFIG_FILE"] = str(folder / "uv.toml")
        return env

    def _configuration(self) -> str:
        """Return a `uv.toml` that names the indexes and says how old their answers may be."""
        age_s = max(0, int((self._now() - self._as_of).total_seconds())) if self._as_of else 0
        control = f'cache-control = {{ api = "max-age={age_s}", files = "max-age={age_s}" }}\n' if age_s else ""
        blocks = []
        for url in (*self.urls.extra, self._default):
            is_default = "default = true\n" if url is self._default else ""
            name = json.dumps(url.name)
            blocks.append(f"[[index]]\nname = {name}\nurl = {json.dumps(url.address)}\n{is_default}{control}")
        return "\n".join(blocks)

    @functools.cached_property
    def _default(self) -> IndexUrl:
        if self.urls.default is not None:
            return self.urls.default
        import pypi_simple  # 0.3 s, and only where uv is really run

        return IndexUrl(name="pypi", address=pypi_simple.PYPI_SIMPLE_ENDPOINT)

    def _environment(self) -> dict[str, str]:
        env = {
            key: value
            for key, value in self._given.items()
            if not key.startswith(("PYTHON", "VIRTUAL_ENV", "CONDA_")) and not _CHANGES_THE_ANSWER.fullmatch(key)
        }
        env["UV_PYTHON_DOWNLOADS"] = "manual"  # an explicit `uv python install` only
        if self._is_down:
            env["UV_HTTP_RETRIES"] = "0"  # 6.5 s once, not once per resolution
        if self._configurable:
            for key in _CHOOSES_AN_INDEX:
                env.pop(key, None)
            for url in (*self.urls.extra, self._default):
                key = "".join(letter if letter.isalnum() else "_" for letter in url.name).upper()
                if url.username:
                    env[f"UV_INDEX_{key}_USERNAME"] = url.username
                    env[f"UV_INDEX_{key}_PASSWORD"] = url.password
        return env


def masked(text: str) -> str:
    """Return *text* with the credentials of every address in it hidden."""
    return re.sub(r"(?<=://)[^/@\s]+(?=@)", "****", text)


def _words(stderr: str) -> str:
    """Return what uv says after ``error:`` (older ones: after a cross), as it says it."""
    begun = re.search(r"^(?:error: |\s*[\u00d7x] )", stderr, re.MULTILINE)
    return masked(stderr[begun.end() :] if begun else stderr).strip() or "uv failed and said nothing"
