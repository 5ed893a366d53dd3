"""What Django's own runner printed is read back as what happened."""

from __future__ import annotations

import io
import unittest

import pytest

from harness.analysis.outside import unittest_log
from harness.analysis.outside.tracebacks import Whereabouts
from harness.model.evidence import Outcome

PLACE = Whereabouts(scratch="/nowhere", name="shop").place


class Sample(unittest.TestCase):
    """Tests that end in every way; not collected, since their file's runner is pytest."""

    __test__ = False

    def test_a_wrong(self) -> None:
        """It has words of its own."""
        raise AssertionError("=" * 71)

    def test_b_good(self) -> None:
        """It passes."""

    def test_c_broken(self) -> None:
        """It raises one exception because of another."""
        try:
            {}["first"]
        except KeyError as error:
            raise LookupError("no row 12\nand more") from error

    def test_d_partly(self) -> None:
        """Two of its parts fail."""
        for number in (1, 2):
            with self.subTest(number=number):
                raise OverflowError(number)

    def test_e_skipped(self) -> None:
        """It is not run."""
        self.skipTest("not here")


def log_of(suite: unittest.TestSuite, verbosity: int = 1) -> str:
    """Return what unittest prints of a suite."""
    stream = io.StringIO()
    unittest.TextTestRunner(stream=stream, verbosity=verbosity).run(suite)
    return f"Creating test database for alias 'default'...\n{stream.getvalue()}Destroying test database\n"


@pytest.mark.parametrize("verbosity", [0, 1, 2])
def test_every_failure_comes_back(verbosity: int) -> None:
    """With its exception, innermost frame and message; those that passed are counted."""
    found = unittest_log.tests(log_of(unittest.defaultTestLoader.loadTestsFromTestCase(Sample), verbosity), PLACE)
    failed = {(test.outcome, test.failure.type, test.failure.message) for test in found if test.failure}
    assert {words for outcome, kind, words in failed if kind == "LookupError"} == {"no row 12\nand more"}
    assert {kind for _, kind, _ in failed} == {"AssertionError", "LookupError", "OverflowError"}
    (broken,) = [test for test in found if test.failure and test.failure.type == "LookupError"]
    assert broken.failure is not None
    assert broken.failure.frames[-1].function == "test_c_broken"
    assert len([test for test in found if test.failure]) == 4
    assert {test.outcome for test in found} <= {Outcome.FAILED, Outcome.ERROR, Outcome.PASSED}


def test_they_come_in_the_order_in_which_they_were_run() -> None:
    """Although the log tells of errors first: which of two kinds is the first decides what a cell is known by."""
    for verbosity in (1, 2):
        suite = unittest.TestSuite([Sample("test_a_wrong"), Sample("test_b_good"), Sample("test_c_broken")])
        found = unittest_log.tests(log_of(suite, verbosity), PLACE)
        kinds = [test.failure.type if test.failure else "" for test in found]
        assert kinds == ["AssertionError", "LookupError", ""]


def test_a_module_that_cannot_be_imported() -> None:
    """Is told of by unittest's own error, whose message is the traceback."""
    suite = unittest.defaultTestLoader.loadTestsFromName("nowhere_to_be_found")
    (test,) = unittest_log.tests(log_of(suite), PLACE)
    assert test.failure is not None
    assert test.failure.type == "ImportError"
    assert test.failure.message.startswith("Failed to import test module: nowhere_to_be_found\nTraceback")
    assert test.failure.frames == ()


def test_a_log_without_failures_tells_nothing() -> None:
    """Neither one of a pass nor one of something else."""
    assert unittest_log.tests(log_of(unittest.TestSuite([Sample("test_b_good")])), PLACE) == ()
    assert unittest_log.tests("make: *** [test] Error 1\n", PLACE) == ()
