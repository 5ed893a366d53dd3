"""Finds which packages have to be built from source, as tox builds them without a word."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.tags import compatible_tags, cpython_tags, parse_tag
from packaging.utils import canonicalize_name

from harness.errors import UsageError
from harness.interop.project import metadata
from harness.interop.project.files import Files
from harness.interop.project.metadata import Kind
from harness.interop.tox.axes import Placed, contents
from harness.interop.tox.values import Releases, applies, newest_fitting
from harness.model.package import Release


def to_be_built(placed: Iterable[Placed], files: Files, releases: Releases) -> tuple[str, ...]:
    """Return the packages that suites name and that have, in the version that an installer takes, no wheel for this
    platform on a Python of theirs. What these bring along in turn is not looked at.

    Raises:
        Infrastructure: the index gave no answer.
    """
    asked = {
        (str(requirement), one.suite.python): requirement
        for one in placed
        for requirement in _named(one, files)
        if applies(requirement, one.suite.python)
    }
    needed = {
        str(canonicalize_name(requirement.name))
        for (_, python), requirement in asked.items()
        if _needs_build(requirement, python, releases)
    }
    return tuple(sorted(needed))


Resolve = Callable[[tuple[str, ...], str, tuple[str, ...]], str]
"""What says, of requirements, a Python ("3.12") and the packages that may be built, why they cannot be met; "" if they
can, or if nobody knows."""

_NEEDED = re.compile(r"(?:^|\s)(?P<first>[\w.-]+)==\S+ has no usable wheels|required for `(?P<second>[\w.-]+)`")
_ROUNDS = 8


def brought_along(placed: Iterable[Placed], files: Files, known: Iterable[str], resolve: Resolve) -> tuple[str, ...]:
    """Return the *known* packages with those that have to be built and that only a resolver knows of: what is asked
    for brings them along."""
    questions = {
        (tuple(sorted({str(one) for one in _named(item, files) if applies(one, item.suite.python)})), item.suite.python)
        for item in placed
    }
    return built_for(sorted(questions), known, resolve)


def built_for(
    questions: Iterable[tuple[tuple[str, ...], str]], known: Iterable[str], resolve: Resolve
) -> tuple[str, ...]:
    """Return the *known* packages with those that have to be built for some requirements on a Python."""
    found = set(known)
    for requirements, python in questions:
        for _ in range(_ROUNDS):
            words = resolve(requirements, python, tuple(sorted(found)))
            named = {str(canonicalize_name(one["first"] or one["second"])) for one in _NEEDED.finditer(words)}
            if named <= found:
                break
            found |= named
    return tuple(sorted(found))


def _named(one: Placed, files: Files) -> Iterator[Requirement]:
    suite = one.suite
    yield from suite.requirements
    for line in suite.lines:
        yield from contents(line, files)
    extras = {
        str(canonicalize_name(name.strip()))
        for line in suite.itself
        for name in line.partition("[")[2].rstrip("]").split(",")
    }
    if suite.itself:
        found = metadata.read(files)
        texts = [*found.dependencies]
        for bundle in found.bundles:
            if bundle.kind is Kind.EXTRA and str(canonicalize_name(bundle.name)) in extras:
                texts += bundle.requirements
        yield from _parsed(texts)


def _parsed(texts: Sequence[str]) -> Iterator[Requirement]:
    for text in texts:
        try:
            yield Requirement(text)
        except InvalidRequirement:
            continue


def _needs_build(requirement: Requirement, python: str, releases: Releases) -> bool:
    try:
        found = newest_fitting(requirement, python, releases)
    except UsageError:  # no such package: the resolver will say so
        return False
    return found is not None and found.has_sdist and not _has_wheel(found, python)


def _has_wheel(release: Release, python: str) -> bool:
    return any(str(tag) in _tags(python) for tags in release.wheel_tags for tag in parse_tag(tags))


@functools.lru_cache
def _tags(python: str) -> frozenset[str]:
    """Return the tags of wheels that a Python installs on this platform."""
    major, minor = (int(part) for part in python.split("."))
    return frozenset(
        str(tag)
        for tag in (
            *cpython_tags(python_version=(major, minor)),
            *compatible_tags(python_version=(major, minor), interpreter=f"cp{major}{minor}"),
        )
    )
