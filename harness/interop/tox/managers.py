"""Takes over what other installers than pip are told in a command: poetry, pdm, uv."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.interop.project import metadata
from harness.interop.project.files import Files
from harness.interop.project.metadata import Bundle, Kind, parsed
from harness.interop.tox.deps import Deps

_INSTALLS = {"poetry": ("install", "sync"), "pdm": ("install", "sync"), "uv": ("sync",)}
_WITHOUT_EFFECT = {"poetry": ("lock", "check", "config", "self", "update", "show"), "pdm": ("lock", "config", "use")}
_GROUPS = ("--with", "--only", "--group", "--only-group", "-G")
_EXTRAS = ("--extras", "-E", "--extra")
_NO_PROJECT = {"--no-root", "--no-install-project", "--no-self"}


def taken_over(words: Sequence[str], files: Files, deps: Deps) -> bool:
    """Take over what a command installs, if it is such a tool's; tell whether it is. *files* are the project's.

    A tool's own lock file is not gone by.
    """
    tool, verb = (words[0], words[1]) if len(words) > 1 else ("", "")
    if verb in _WITHOUT_EFFECT.get(tool, ()):
        return True
    if verb not in _INSTALLS.get(tool, ()):
        return False
    deps.notes.append(f"{tool} {verb}: its lock file is not gone by, what it asks for is resolved anew")
    found = metadata.read(files).bundles
    extras = {one.name for one in found if one.kind is Kind.EXTRA}
    if not set(words) & _NO_PROJECT:
        chosen = extras if "--all-extras" in words else set(_values(words, _EXTRAS)) & extras
        deps.add_itself(chosen, is_editable=True)
    wanted = _groups(tool, words, [one for one in found if one.kind in (Kind.GROUP, Kind.LISTED)])
    deps.lines += [f"--group {one.name}" for one in wanted if one.kind is Kind.GROUP]
    deps.requirements += [
        one for bundle in wanted if bundle.kind is Kind.LISTED for text in bundle.requirements if (one := parsed(text))
    ]
    return True


def _groups(tool: str, words: Sequence[str], known: Sequence[Bundle]) -> list[Bundle]:
    """Return the groups that are installed: those named, beside those that a tool installs unasked."""
    named = set(_values(words, _GROUPS))
    if set(words) & {"--all-groups", "--dev", "-d"}:
        named |= {one.name for one in known} if "--all-groups" in words or tool == "pdm" else {"dev"}
    elif not any(word.startswith(("--only", "--no-dev", "--no-default", "--prod")) for word in words):
        named |= {"dev"} if tool == "uv" else {one.name for one in known}
    named -= set(_values(words, ("--without", "--no-group")))
    return [one for one in known if one.name in named]


def _values(words: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """Yield the values of options: ``--with a,b``, ``--with=a``."""
    for word, after in zip(words, (*words[1:], ""), strict=True):
        name, equals, value = word.partition("=")
        if name in options:
            yield from (one for text in (value if equals else after).split(",") for one in text.split())
