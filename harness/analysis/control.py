"""What Django's own test runner on the same cell says about a failure under pytest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

from harness.analysis.asked import Asked
from harness.analysis.failures import UNDECLARED_SKIP
from harness.analysis.observe import observe
from harness.analysis.signature import is_failing, signature
from harness.model.evidence import Outcome, TestResult
from harness.model.record import Trial
from harness.model.verdict import Observation, Signature, State


class Control(Enum):
    """Outcome of the comparison."""

    PASSED = "passed"
    FAILED_SAME = "failed-same"
    FAILED_OTHER = "failed-other"
    INCONCLUSIVE = "inconclusive"


def control_says(failing: Trial, observation: Observation, control: Trial, asked: Asked) -> Control:
    """Compare a control with the failing trial under pytest that it was run for.

    It is conclusive only if it ran one of the tests that failed with the cell's signature, and none that pytest
    did not run. (Functions and plain classes are tests to pytest alone, so that it may run fewer.) A test under way
    when the interpreter died or the time was up counts as failed. Where no test failed, but tables are missing,
    say, any test in common will do.
    """
    seen = observe(control, asked)
    if seen.state is not State.PASS and not seen.state.is_failure:
        return Control.INCONCLUSIVE
    if not _is_comparable(failing, observation.signature, control):
        return Control.INCONCLUSIVE
    if seen.state is State.PASS:
        return Control.PASSED
    signatures = {seen.signature} | {
        signature(test.failure) for test in control.evidence.tests() if is_failing(test) and test.failure
    }
    return Control.FAILED_SAME if observation.signature in signatures else Control.FAILED_OTHER


def _is_comparable(failing: Trial, wanted: Signature | None, control: Trial) -> bool:
    tests = failing.evidence.tests()
    running = [name for process in failing.evidence.processes for name in process.running]
    ours = _Known([*_ran(tests), *map(dotted, running)])
    decisive = [
        *running,
        *(test.id for test in tests if is_failing(test) and test.failure and signature(test.failure) == wanted),
    ]
    theirs = _ran(control.evidence.tests())
    if not theirs or not all(ours.has(name) for name in theirs):
        return False
    if not decisive:
        # of a test that was skipped without being declared, a runner that skips nothing says nothing
        return wanted is None or wanted.type != UNDECLARED_SKIP
    failed = _Known(map(dotted, decisive))
    return any(failed.has(name) for name in theirs)


def _ran(tests: Iterable[TestResult]) -> list[str]:
    """Return the tests that ran; what has its name in parentheses is the session's failure, and no test."""
    return [dotted(test.id) for test in tests if test.outcome is not Outcome.SKIPPED and not test.id.startswith("(")]


def dotted(test_id: str) -> str:
    """Return a test's id as unittest spells it, whichever runner gave it; parameters are dropped."""
    if found := _OF_A_CLASS.fullmatch(test_id):
        return found["name"]
    path, double_colon, rest = test_id.partition("::")
    if not double_colon and not path.endswith(".py"):
        return path.removeprefix("unittest.loader._FailedTest.")
    module = path.removesuffix(".py").replace("\\", "/").strip("./").replace("/", ".")
    rest = rest.partition("[")[0].replace("::", ".")
    return f"{module}.{rest}" if rest else module


_OF_A_CLASS = re.compile(r"(?:setUpClass|tearDownClass|setUpModule|tearDownModule) \((?P<name>[\w.]+)\)")


class _Known:
    """Names of tests, to ask whether another name means one of them.

    Two names mean the same if they are equal, if one ends with the other (the runners start at different folders),
    or if one is the module or class of the other (it could not be imported or set up).
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._parts = frozenset(part for name in self._names for part in _parts(name))

    def has(self, name: str) -> bool:
        return name in self._parts or any(part in self._names for part in _parts(name))


def _parts(name: str) -> Iterable[str]:
    """Return the name, what it begins with and what it ends with; a method's bare name means nothing."""
    words = name.split(".")
    yield name
    for cut in range(1, len(words)):
        yield ".".join(words[:cut])
        if len(words) - cut > 1:
            yield ".".join(words[cut:])
