"""What has to be installed for a project, by its `install` lines: requirements and constraints for a resolver."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dependency_groups import resolve
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness.errors import UsageError
from harness.model.wheel import Wheel
from harness.packages.resolve import CONSTRAINT

_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']|["']([^"']+)["']\s*==\s*extra""")
_TRUE, _FALSE = 'python_version >= "3"', 'python_version < "3"'
"""Markers that hold, or do not, on every Python that there is a cell for."""


def wants_itself(install: Iterable[str]) -> bool:
    """Tell whether the project itself is installed."""
    return any(_itself(line) is not None for line in install)


def is_editable(install: Iterable[str]) -> bool:
    """Tell whether it is installed so that its files are used where they lie."""
    return any(line.startswith(("-e", "--e")) and _itself(line) is not None for line in install)


def requirements(install: Sequence[str], folder: Path, wheel: Wheel | None) -> tuple[str, ...]:
    """Return what the *install* lines of the project in *folder* ask for beside itself, each once, sorted.

    *wheel* is the project's own, where a line installs it. Hashes in requirement files are left aside: the lock has
    those of what it pins.

    Raises:
        UsageError: a file, or a line in it, cannot be read, or asks for what cannot be locked.
    """
    found: set[str] = set()
    for line in install:
        flag, _, rest = line.partition(" ")
        if (own := _itself(line)) is not None:
            assert wheel is not None  # built before, since a line asks for it
            found.update(_of_wheel(wheel, own))
        elif flag in ("-r", "--requirement", "-c", "--constraint"):
            found.update(_of_file(folder, rest.strip(), wheel, is_constraint=flag.startswith(("-c", "--c"))))
        elif flag == "--group":
            found.update(_of_group(folder, rest.strip()))
        else:
            found.add(line)
    return tuple(sorted(found))


def files(install: Iterable[str]) -> tuple[str, ...]:
    """Return the requirement files that the lines name."""
    flags = ("-r", "--requirement", "-c", "--constraint")
    return tuple(line.partition(" ")[2].strip() for line in install if line.partition(" ")[0] in flags)


def _itself(line: str) -> tuple[str, ...] | None:
    """Return the extras that a line installs the project with, None where it installs something else."""
    words = line.split()
    where = words[-1] if words and (len(words) == 1 or words[0] in ("-e", "--editable")) else ""
    path, _, extras = where.partition("[")
    if path != ".":
        return None
    return tuple(str(canonicalize_name(name.strip())) for name in extras.rstrip("]").split(",") if name.strip())


def _of_wheel(wheel: Wheel, extras: Sequence[str]) -> Iterator[str]:
    """Yield the requirements of a wheel with some extras; an extra may ask for the project's others by its name."""
    wanted, seen = list(extras), set[str]()
    yield from _required(wheel, "")
    while wanted:
        extra = wanted.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for text in _required(wheel, extra):
            requirement = Requirement(text)
            if canonicalize_name(requirement.name) == wheel.name:
                wanted += [str(canonicalize_name(name)) for name in requirement.extras]
            else:
                yield text


def _required(wheel: Wheel, extra: str) -> Iterator[str]:
    """Yield what one extra asks for (what the project does without any, for ""), markers without `extra` in them."""
    for text in wheel.requires:
        body, semicolon, marker = text.partition(";")
        named = {str(canonicalize_name(one or other)) for one, other in _EXTRA.findall(marker)}
        if (extra not in named) if extra else named:
            continue
        plain = _EXTRA.sub(
            lambda found: _TRUE if str(canonicalize_name(found[1] or found[2])) == extra else _FALSE, marker
        ).strip()
        plain = re.sub(rf"\s+and\s+{re.escape(_TRUE)}|{re.escape(_TRUE)}\s+and\s+", "", plain)
        yield body.strip() if not semicolon or plain == _TRUE else f"{body.strip()} ; {plain}"


def _of_group(folder: Path, name: str) -> tuple[str, ...]:
    path = folder / "pyproject.toml"
    try:
        groups = tomllib.loads(path.read_text(encoding="utf-8")).get("dependency-groups", {})
        return resolve(groups, name)
    except (OSError, ValueError, LookupError, TypeError) as error:
        words = getattr(error, "strerror", None) or error
        raise UsageError(f"--group {name}: {path.name}: {words}", remedy="a name of [dependency-groups]") from error


def _of_file(folder: Path, name: str, wheel: Wheel | None, *, is_constraint: bool) -> Iterator[str]:
    from pip_requirements_parser import RequirementsFile  # 0.2 s, and only for projects that have such files

    try:
        parsed = RequirementsFile.from_file(str(folder / name), include_nested=True)
    except Exception as error:
        if not isinstance(error, OSError) and type(error).__module__.partition(".")[0] != "pip_requirements_parser":
            raise
        raise UsageError(f"{name}: {error}", remedy="a requirement file below the project's folder") from error
    for bad in parsed.invalid_lines:
        raise UsageError(f"{name}: {str(bad.line).strip()!r}: {str(bad.error_message).splitlines()[0]}")
    for item in parsed.requirements:
        line = str(item.line or "").strip()
        if item.is_local_path and item.req is None:
            own = _itself(line)
            if own is None or wheel is None:
                raise UsageError(
                    f"{name}: {line!r} is a folder or a file",
                    remedy='only the project itself can be installed from its files: add "." to `install`',
                )
            yield from _of_wheel(wheel, own)
            continue
        if item.req is None or item.link is not None:
            raise UsageError(
                f"{name}: {line!r} is no package of the index, so it cannot be locked",
                remedy="a release of it, in a requirement file of your own",
            )
        text = f"{item.req}" + (f" ; {item.marker}" if item.marker else "")
        yield f"{CONSTRAINT}{text}" if is_constraint or item.is_constraint else text
