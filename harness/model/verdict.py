"""What is concluded from records: states, verdicts, signatures, blame. Derived on read, never stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum

from harness.model.finding import Finding
from harness.model.spec import Expectation


class State(Enum):
    """What was observed."""

    PASS = "pass"  # noqa: S105  (a state, not a password)
    FAIL = "fail"
    FLAKY = "flaky"
    TIMEOUT = "timeout"
    CRASH = "crash"
    ERROR = "error"
    UNRESOLVABLE = "unresolvable"
    UNSUPPORTED = "unsupported"
    NOT_RUN = "not-run"

    @property
    def is_failure(self) -> bool:
        """Tell whether the canary was reached and did not pass."""
        return self in (State.FAIL, State.TIMEOUT, State.CRASH)

    @property
    def is_reusable(self) -> bool:
        """Tell whether the same question need not be asked again (DESIGN rule 4)."""
        return self in (State.PASS, State.FAIL, State.UNSUPPORTED, State.UNRESOLVABLE)


class Verdict(Enum):
    """State held against what was expected."""

    AS_EXPECTED = "as-expected"
    EXPECTED_FAILURE = "expected-failure"
    UNEXPECTED_FAILURE = "unexpected-failure"
    UNEXPECTED_PASS = "unexpected-pass"  # noqa: S105
    INDETERMINATE = "indeterminate"


class Blame(Enum):
    """Whose fault a failure is; earned by one-variable comparisons only."""

    PROJECT = "project"
    PYTEST_DJANGO = "pytest-django"
    DJANGO = "django"
    PYTEST = "pytest"
    DRIVER = "driver"
    DATABASE = "database"
    ENVIRONMENT = "environment"
    HARNESS = "harness"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A failure's normalised identity: two failures with equal signatures are the same failure."""

    type: str  # exception type, or "crash", "timeout", "tables-missing", …
    frame: str  # innermost frame outside the tests, "file:function" without a line
    message: str  # literals removed

    @property
    def id(self) -> str:
        """A short name: eight hexadecimal digits."""
        words = "\0".join((self.type, self.frame, self.message))
        return hashlib.sha256(words.encode("utf-8", "backslashreplace")).hexdigest()[:8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """State of one attempt or one cell, and what shows it."""

    state: State
    reason: str = ""  # one line for a person
    signature: Signature | None = None
    failing: int = 0  # tests that failed with that signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """An observation held against the expectations."""

    observation: Observation
    verdict: Verdict
    expectation: Expectation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlameFinding:
    """Who is blamed, and the comparison, or the doctor's finding, that earned it."""

    blame: Blame
    why: str  # one sentence naming the cells compared, or what was found
    suspects: tuple[Blame, ...] = ()  # what it was narrowed to where nobody is blamed
    finding: Finding | None = None  # of the doctor, where the project is blamed
