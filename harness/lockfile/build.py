"""Puts what was resolved into the order of a lock."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from harness.model.lockfile import Impossible, LockedEnvironment, LockedServer, MatrixLock, Question
from harness.model.package import Lock

Asked = tuple[tuple[str, ...], str]
"""Requirements in one spelling, sorted; and where they are asked for (`Interpreter.target`)."""


def environments(found: Mapping[Asked, Lock]) -> tuple[LockedEnvironment, ...]:
    """Return each lock once, with the questions that it answers."""
    by_lock: defaultdict[Lock, defaultdict[tuple[str, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
    for (requires, target), lock in found.items():
        by_lock[lock][requires].append(target)
    made = [
        LockedEnvironment(
            lock=lock,
            questions=tuple(
                Question(requires=requires, on=tuple(sorted(targets))) for requires, targets in sorted(asked.items())
            ),
        )
        for lock, asked in by_lock.items()
    ]
    return tuple(sorted(made, key=lambda one: [(item.requires, item.on) for item in one.questions]))


def impossible(found: Mapping[Asked, str]) -> tuple[Impossible, ...]:
    """Return what cannot be met, with uv's words, where they are the same once."""
    by_words: defaultdict[tuple[tuple[str, ...], str], list[str]] = defaultdict(list)
    for (requires, target), words in found.items():
        by_words[requires, lasting(words)].append(target)
    return tuple(
        Impossible(question=Question(requires=requires, on=tuple(sorted(targets))), words=words)
        for (requires, words), targets in sorted(by_words.items())
    )


def kept(
    old: MatrixLock, *, here: Iterable[str], pythons: Iterable[str], allowed: Iterable[str]
) -> tuple[dict[Asked, Lock], dict[Asked, str]]:
    """Return what an older lock of the same dates answers for other targets than those *here*, as far as the matrix can
    still ask it: for one of its *pythons*, and with requirements all of which are *allowed*."""
    here, allowed = set(here), set(allowed)
    minors = {".".join(python.removeprefix("==").split(".")[:2]) for python in pythons}

    def is_elsewhere(target: str) -> bool:
        return target not in here and target.split()[0] in minors

    def asked(question: Question) -> list[Asked]:
        is_asked = set(question.requires) <= allowed
        return [(question.requires, target) for target in question.on if is_elsewhere(target)] if is_asked else []

    locks = {key: one.lock for one in old.environments for question in one.questions for key in asked(question)}
    words = {key: one.words for one in old.impossible for key in asked(one.question)}
    return locks, words


def servers(
    old: Iterable[LockedServer], seen: Iterable[LockedServer], *, databases: Iterable[str], is_renewed: bool
) -> tuple[LockedServer, ...]:
    """Return the pinned servers: older ones stay, unless they are seen here and renewed or their database is gone."""
    known = {one.key: one for one in old if one.database in set(databases)}
    fresh = {one.key: one for one in seen}
    merged = known | fresh if is_renewed else fresh | known
    return tuple(merged[key] for key in sorted(merged))


def lasting(words: str) -> str:
    """Return uv's words without its hints, which tell of what was uploaded since and are others each day, and without
    addresses: which index somebody uses is nobody else's business."""
    said = re.split(r"^\s*hint: ", words, maxsplit=1, flags=re.MULTILINE)[0]
    return "\n".join(line.rstrip() for line in re.sub(r"\w+://[^\s`'\")]+", "(address)", said).splitlines()).strip()


def without_registry(image: str) -> str:
    """Return an image's name without a registry's host."""
    host, slash, rest = image.partition("/")
    return rest if slash and ("." in host or ":" in host or host == "localhost") else image
