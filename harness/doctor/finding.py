"""What a rule says: a finding with its evidence, and a fix as data."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from enum import Enum, IntEnum


class Depth(IntEnum):
    """How deep a cause lies: what would still fail if everything shallower were mended is deeper.

    The order is that in which a test run meets them, from the command line down to what makes the tables.
    """

    OPTION = 1  # a word that pytest does not take as it was meant
    RUNNER = 2  # which configuration file, settings module or plugin is in force
    TEST = 3  # a test, a mark, a fixture
    LEFT_OVER = 4  # what an earlier run left behind
    SETTINGS = 5  # databases, routers, installed apps
    CODE = 6  # a query at the wrong time, a model that nobody imports
    MIGRATIONS = 7  # what is to make the tables


class Confidence(Enum):
    """How sure a finding is."""

    HIGH = "high"  # the evidence leaves nothing else, or the fix was tried
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file before and after; None: it is not there."""

    path: str  # relative to the project, with slashes
    before: str | None
    after: str | None

    def diff(self) -> str:
        """Return the change as a unified diff."""
        old = (self.before or "").splitlines(keepends=True)
        new = (self.after or "").splitlines(keepends=True)
        source = "/dev/null" if self.before is None else f"a/{self.path}"
        target = "/dev/null" if self.after is None else f"b/{self.path}"
        lines = list(difflib.unified_diff(old, new, source, target))
        if not lines:
            lines = [f"--- {source}\n", f"+++ {target}\n"]
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """What to do: words for a person, and what `--fix` applies: changes first, then commands.

    A command's first word "python" stands for the project's interpreter; "{manage}" for its manage.py.
    """

    words: str
    changes: tuple[Change, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    instead: tuple[str, ...] = ()  # what to run in place of the failing command
    settings: str = field(default="", compare=False)  # the module in force when it was tried; its commands need it

    @property
    def is_applicable(self) -> bool:
        """Tell whether there is something that can be applied."""
        return bool(self.changes or self.commands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """What a rule found: everything about a finding that its registration does not say."""

    evidence: str  # a sentence or two with the facts
    fix: Fix
    path: str = ""  # relative to the project
    line: int = 0  # 0: the file as a whole
    setting: str = ""  # a setting, an option, an environment variable
    confidence: Confidence = Confidence.HIGH
    is_explaining: bool = False  # it accounts for what was observed to fail
    is_certain: bool = False  # such a project fails, whatever is observed: it is reported without a run, too
    is_harmful: bool = False  # to be reported even if the command passes
    depth: Depth | None = None  # where it lies deeper or less deep than usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A cause that was found."""

    cause: str  # its identifier
    title: str
    link: str
    depth: Depth
    clue: Clue
