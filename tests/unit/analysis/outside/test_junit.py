"""Results are read back from what pytest itself writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.analysis.outside import junit
from harness.analysis.outside.tracebacks import Whereabouts
from harness.analysis.signature import signature
from harness.model.evidence import Outcome, TestResult

TESTS = """
import unittest
import pytest

def helper():
    raise LookupError("no 'thing' 17")

def test_good(): pass
def test_bad(): helper()
@pytest.mark.skip(reason="not today")
def test_skipped(): pass
@pytest.mark.xfail(reason="known")
def test_known(): helper()
@pytest.fixture
def broken(): raise OSError("no set-up")
def test_set_up(broken): pass

class Tests(unittest.TestCase):
    def test_in_a_class(self):
        self.assertEqual(1, 2)

class TestOuter:
    class TestInner:
        @pytest.mark.parametrize("x", ["a/b::c"])
        def test_deep(self, x): pass
"""


@pytest.fixture
def results(tmp_path: Path) -> dict[str, TestResult]:
    """What a real pytest wrote of a module with every outcome, and of one that cannot be imported."""
    work = tmp_path / "tmp.abc" / "shop"
    (work / "tests").mkdir(parents=True)
    (work / "tests" / "test_all.py").write_text(TESTS)
    (work / "tests" / "test_lost.py").write_text("import nowhere_to_be_found\n")
    (work / "pytest.ini").write_text("[pytest]\n")
    xml = tmp_path / "run.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    options = [f"--junitxml={xml}", "--override-ini=junit_family=xunit1", "--tb=native"]
    subprocess.run([*command, *options], cwd=work, capture_output=True, check=False)
    found = junit.tests(xml.read_bytes(), Whereabouts(scratch=str(tmp_path), name="shop").place)
    assert found is not None
    return {test.id: test for test in found}


def test_every_outcome_comes_back(results) -> None:
    """With pytest's own ids, classes and parameters included."""
    outcomes = {name: test.outcome for name, test in results.items() if "lost" not in name}
    assert outcomes == {
        "tests/test_all.py::test_good": Outcome.PASSED,
        "tests/test_all.py::test_bad": Outcome.FAILED,
        "tests/test_all.py::test_skipped": Outcome.SKIPPED,
        "tests/test_all.py::test_known": Outcome.XFAILED,
        "tests/test_all.py::test_set_up": Outcome.ERROR,
        "tests/test_all.py::Tests::test_in_a_class": Outcome.FAILED,
        "tests/test_all.py::TestOuter::TestInner::test_deep[a/b::c]": Outcome.PASSED,
    }
    assert results["tests/test_all.py::test_skipped"].reason == "not today"
    assert results["tests/test_all.py::test_set_up"].phase == "setup"


def test_failures_have_their_signature(results) -> None:
    """Type, message without literals, innermost frame: of tests in both styles, and of modules."""
    bad = results["tests/test_all.py::test_bad"].failure
    assert bad is not None
    found = signature(bad)
    assert (found.type, found.frame, found.message) == ("LookupError", "tests/test_all.py:helper", "no 'thing' <n>")
    in_class = results["tests/test_all.py::Tests::test_in_a_class"].failure
    assert in_class is not None
    found = signature(in_class)
    assert (found.type, found.frame) == ("AssertionError", "tests/test_all.py:test_in_a_class")
    (lost,) = [test for name, test in results.items() if "lost" in name]
    assert (lost.outcome, lost.phase) == (Outcome.ERROR, "collect")
    assert lost.failure is not None
    assert signature(lost.failure).type == "ModuleNotFoundError"
    assert signature(lost.failure).frame == "tests/test_lost.py:<module>"


@pytest.mark.parametrize("xml", [b"", b"<testsuites><testcase", b"no xml"])
def test_what_is_cut_short_is_none(xml: bytes) -> None:
    """A run that was ended leaves half a file, or an empty one."""
    assert junit.tests(xml, lambda path: (path, "")) is None
