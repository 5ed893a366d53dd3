"""When a finding of the doctor counts as the cause of a cell's failure."""

from __future__ import annotations

from typing import assert_never

from harness.analysis.conclude import Conclusion
from harness.analysis.control import Control
from harness.model.finding import Finding, Reach
from harness.model.verdict import State


def cause_in_project(failing: Conclusion) -> Finding | None:
    """Return the finding that puts a failure down to the project, None where there is none.

    It accounts for the failure, it lies in a file of the project (the command line and the variables of a cell are the
    matrix's), and the control does not speak against it: what is wrong with migrations, models or settings fails under
    Django's own runner, too, and what is wrong with pytest's configuration does not.
    """
    if failing.examination is None or failing.state is not State.FAIL:
        return None
    for finding in failing.examination.findings:
        if finding.is_explaining and finding.path and _stands(finding.reach, failing.control):
            return finding
    return None


def _stands(reach: Reach, control: Control | None) -> bool:
    match control:
        case Control.PASSED:
            return reach is not Reach.PROJECT
        case Control.FAILED_SAME:
            return reach is not Reach.PYTEST
        case Control.FAILED_OTHER | Control.INCONCLUSIVE | None:
            return True
        case _:
            assert_never(control)
