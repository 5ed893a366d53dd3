"""Reads the tests of a run back from pytest's JUnit XML (family xunit1, tracebacks in Python's own style)."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

from harness.analysis.outside.tracebacks import last_failure
from harness.model.evidence import Failure, Outcome, TestResult

_SET_UP = re.compile(r"^failed on (setup|teardown) with ")


def tests(xml: bytes, place: Callable[[str], tuple[str, str]]) -> tuple[TestResult, ...] | None:
    """Return the tests' results; None if it is no XML, which a run that was ended may leave."""
    try:
        # Expat refuses expanding entities since 2.4.1, and the content of external ones is never loaded.
        root = ElementTree.fromstring(xml)  # noqa: S314
    except ElementTree.ParseError:
        return None
    return tuple(_test(case, place) for case in root.iter("testcase"))


def _test(case: ElementTree.Element, place: Callable[[str], tuple[str, str]]) -> TestResult:
    name = _id(case)
    for kind, outcome in (("failure", Outcome.FAILED), ("error", Outcome.ERROR)):
        if (found := case.find(kind)) is not None:
            said = found.get("message", "")
            during = _SET_UP.match(said)
            phase = during[1] if during else "collect" if said == "collection failure" else "call"
            return TestResult(id=name, outcome=outcome, phase=phase, failure=_failure(found, said, place))
    if (skipped := case.find("skipped")) is not None:
        outcome = Outcome.XFAILED if skipped.get("type") == "pytest.xfail" else Outcome.SKIPPED
        return TestResult(id=name, outcome=outcome, reason=skipped.get("message", ""))
    return TestResult(id=name, outcome=Outcome.PASSED)


def _id(case: ElementTree.Element) -> str:
    """Return pytest's node id: the file, the classes and the name."""
    name, file, dotted = (case.get(key, "") for key in ("name", "file", "classname"))
    if not file:
        return "::".join(filter(None, (dotted, name)))
    module = file.removesuffix(".py").replace("/", ".")
    classes = dotted.removeprefix(module).strip(".").split(".") if dotted.startswith(module) else []
    return "::".join(filter(None, (file, *classes, name)))


def _failure(found: ElementTree.Element, said: str, place: Callable[[str], tuple[str, str]]) -> Failure:
    return last_failure(found.text or "", place) or Failure(type="", message=said)
