"""Resolves requirements into locks, each question once."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from harness.errors import Infrastructure, UsageError
from harness.model import codec
from harness.model.lockfile import KnownAnswers
from harness.model.package import Interpreter, Lock, Pin, Unresolvable
from harness.model.spec import Preference
from harness.packages.files import guard, read_if_there, write_whole
from harness.packages.uv import Answer, Uv
from harness.process import Cancel

SCHEME = 1
CONSTRAINT = "-c "
"""How a constraint begins among requirements: it holds where the package is wanted anyway."""
_NO_SOLUTION = "No solution found"


class Resolver:
    """Answers from uv, remembered below *cache* by (requirements, interpreter, platform, as-of).

    Safe to share among threads and processes: what is asked twice at once is resolved once. Which index answered is no
    part of the question: what was locked is installed from anywhere that has files with the same hashes.
    """

    def __init__(
        self,
        cache: Path,
        *,
        uv: Uv,
        as_of: dt.datetime,
        renewed: Mapping[str, dt.datetime] | None = None,
        known: KnownAnswers | None = None,
        allow_build: Iterable[str] = (),
        timeout_s: float = 120,
        refresh: bool = False,
        preference: Preference = Preference.HIGHEST,
    ) -> None:
        """Prepare to resolve what had been uploaded by *as_of*, or, of packages that are *renewed*, by a date of their
        own; what is *known* is not resolved. *refresh* asks uv even for what is remembered. *preference* says which
        of the versions that are allowed are taken."""
        self._cache, self._uv, self._as_of, self._timeout_s = cache, uv, as_of, timeout_s
        self._renewed = tuple(sorted((renewed or {}).items()))
        self._known = known
        self._allow_build = tuple(sorted({str(canonicalize_name(name)) for name in allow_build}))
        self._refresh = refresh
        self._preference = preference
        self._answers: dict[str, Lock | Unresolvable] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def lock(
        self, requirements: Iterable[str], interpreter: Interpreter, *, cancel: Cancel | None = None
    ) -> Lock | Unresolvable:
        """Return the pins, with hashes, of *requirements* on *interpreter*, or uv's words on why there are none.

        Raises:
            UsageError: a requirement cannot be read.
            IndexUnreachable: what is not remembered needs the index, which gave no answer.
            Infrastructure: uv failed in another way, or took too long.
            Interrupted: *cancel* was set.
        """
        wanted = normalised(requirements)
        if not wanted:
            return Lock(pins=())
        known = self._known.lock(wanted, interpreter) if self._known else None
        if known is not None:
            return known
        key = self._key(wanted, interpreter)
        with self._locks[key]:
            if key not in self._answers:
                self._answers[key] = self._remembered_or_asked(key, wanted, interpreter, cancel)
            return self._answers[key]

    def conflict(
        self,
        contributions: Mapping[str, tuple[str, ...]],
        interpreter: Interpreter,
        *,
        cancel: Cancel | None = None,
    ) -> tuple[str, ...]:
        """Return a minimal set of axes whose requirements cannot be met together on *interpreter*, sorted.

        None can be left out of it; there may be other such sets. *contributions* maps axes to requirements. Empty if
        they can be met. Raises as `lock` does.
        """

        def is_impossible(axes: Iterable[str]) -> bool:
            wanted = [requirement for axis in axes for requirement in contributions[axis]]
            return isinstance(self.lock(wanted, interpreter, cancel=cancel), Unresolvable)

        known = self._known.conflict(contributions, interpreter) if self._known else None
        if known is not None:
            return known
        core = sorted(contributions)
        if not is_impossible(core):
            return ()
        for axis in sorted(contributions):
            rest = [other for other in core if other != axis]
            if is_impossible(rest):
                core = rest
        return tuple(core)

    def _key(self, wanted: tuple[str, ...], interpreter: Interpreter) -> str:
        question = [
            SCHEME,
            wanted,
            interpreter.implementation,
            interpreter.version,
            interpreter.platform,
            interpreter.tags[:3],  # tells the C library, too
            self._as_of.astimezone(dt.UTC).isoformat(),
            self._allow_build,
        ]
        if self._preference is not Preference.HIGHEST:
            question.append(self._preference.value)
        if self._renewed:
            question.append([(name, _stamp(date)) for name, date in self._renewed])
        return hashlib.sha256(json.dumps(question).encode()).hexdigest()[:32]

    def _remembered_or_asked(
        self, key: str, wanted: tuple[str, ...], interpreter: Interpreter, cancel: Cancel | None
    ) -> Lock | Unresolvable:
        path = self._cache / "locks" / key[:2] / f"{key}.json"
        if not self._refresh and (known := _read(path)) is not None:
            os.utime(path)  # `gc` frees what nobody asks for
            return known
        with guard(self._cache, f"resolve-{key}", timeout_s=self._timeout_s + 30, cancel=cancel):
            if not self._refresh and (known := _read(path)) is not None:
                return known
            answer, is_lasting = self._ask(wanted, interpreter, cancel)
            if is_lasting:
                name = "lock" if isinstance(answer, Lock) else "unresolvable"
                write_whole(path, json.dumps({"scheme": SCHEME, name: codec.to_plain(answer)}))
            return answer

    def _ask(
        self, wanted: tuple[str, ...], interpreter: Interpreter, cancel: Cancel | None
    ) -> tuple[Lock | Unresolvable, bool]:
        """Return uv's answer, and whether it is worth keeping: that a build failed may be mended on this machine."""
        first: Unresolvable | None = None
        for build in self._builds():
            said = self._compile(wanted, interpreter, build, cancel)
            if said.code == 0:
                return _parse(said.stdout), True
            if _NO_SOLUTION not in said.words and not build:
                if "parse" in said.words:
                    raise UsageError(f"uv cannot read {', '.join(wanted)}: {said.words}")
                raise Infrastructure(f"uv pip compile failed: {said.words}")
            first = first or Unresolvable(words=said.words)
        assert first is not None
        return first, not self._allow_build

    def _builds(self) -> Iterator[tuple[str, ...]]:
        """Yield the packages to build from source: none where wheels do, since uv builds what it is told to always."""
        yield ()
        if len(self._allow_build) > 1:
            for name in self._allow_build:
                yield (name,)
        if self._allow_build:
            yield self._allow_build

    def _compile(
        self, wanted: tuple[str, ...], interpreter: Interpreter, build: tuple[str, ...], cancel: Cancel | None
    ) -> Answer:
        arguments = ["pip", "compile", "-", "--quiet", "--python", interpreter.path, "--only-binary", ":all:"]
        for name in build:
            arguments += ["--no-binary", name]
        arguments += ["--exclude-newer", _stamp(self._as_of), "--generate-hashes", "--no-header", "--no-annotate"]
        for name, date in self._renewed:
            arguments += ["--exclude-newer-package", f"{name}={_stamp(date)}"]
        arguments += ["--no-emit-index-url", "--resolution", self._preference.value]
        constraints = [line.removeprefix(CONSTRAINT) for line in wanted if line.startswith(CONSTRAINT)]
        lines = [line for line in wanted if not line.startswith(CONSTRAINT)]
        with tempfile.NamedTemporaryFile("w", dir=self._cache, suffix=".txt", encoding="utf-8") as file:
            if constraints:
                file.write("\n".join(constraints) + "\n")
                file.flush()
                arguments += ["--constraints", file.name]
            return self._uv.run(arguments, timeout_s=self._timeout_s, stdin="\n".join(lines) + "\n", cancel=cancel)


def _stamp(date: dt.datetime) -> str:
    return date.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def normalised(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return the requirements in one spelling, sorted, each once.

    Raises:
        UsageError: one cannot be read.
    """
    found = set()
    for text in requirements:
        mark = CONSTRAINT if text.startswith(CONSTRAINT) else ""
        try:
            requirement = Requirement(text.removeprefix(mark))
        except InvalidRequirement as error:
            raise UsageError(f"{text!r} is not a requirement: {error}") from None
        requirement.name = str(canonicalize_name(requirement.name))
        found.add(f"{mark}{requirement}")
    return tuple(sorted(found))


def _parse(text: str) -> Lock:
    """Read what `uv pip compile --generate-hashes` writes."""
    pins = []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        name, equals, version = words[0].partition("==")
        if not equals:
            raise UsageError(f"{words[0]}: only packages on the index can be locked, with version and hash")
        hashes = tuple(sorted(word.removeprefix("--hash=") for word in words if word.startswith("--hash=")))
        pins.append(Pin(name=str(canonicalize_name(name.partition("[")[0])), version=version, hashes=hashes))
    return Lock(pins=tuple(sorted(pins, key=lambda pin: pin.name)))


def _read(path: Path) -> Lock | Unresolvable | None:
    text = read_if_there(path)
    if text is None:
        return None
    try:
        plain = json.loads(text)
        if plain.get("scheme") != SCHEME:
            return None
        if "lock" in plain:
            return codec.loads(Lock, json.dumps(plain["lock"]))
        return codec.loads(Unresolvable, json.dumps(plain["unresolvable"]))
    except (ValueError, KeyError):
        return None
