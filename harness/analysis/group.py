"""Failures of a run, grouped by signature."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.analysis.conclude import Conclusion
from harness.model.record import Purpose
from harness.model.verdict import Blame, BlameFinding, Signature, State, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cells that show the same failure, for the same cause in the project if any, expected or not for one reason."""

    signature: Signature
    state: State
    is_expected: bool
    reason: str  # of the ``[[expect]]`` entry, where expected
    issue: str
    blame: BlameFinding
    cells: tuple[Conclusion, ...]


def groups(conclusions: Iterable[Conclusion]) -> tuple[Group, ...]:
    """Group what failed, and what could not be run: unexpected groups first, then the larger ones.

    Diagnostic neighbours are no part of a group. Blames are taken as they stand (`blame.with_blame`).
    """
    found: dict[tuple[Signature, State, bool, str, str, str, str], list[Conclusion]] = {}
    for one in conclusions:
        is_listed = one.state.is_failure or one.state is State.ERROR
        if one.purpose is Purpose.DIAGNOSTIC or not is_listed or one.signature is None:
            continue
        is_expected = one.judgement.verdict is Verdict.EXPECTED_FAILURE
        entry = one.judgement.expectation if is_expected else None
        declared = (entry.reason, entry.issue) if entry else ("", "")
        cause = one.blame.finding if one.blame else None
        place = (cause.cause, cause.path) if cause else ("", "")
        found.setdefault((one.signature, one.state, is_expected, *declared, *place), []).append(one)
    made = [
        Group(
            signature=signature,
            state=state,
            is_expected=is_expected,
            reason=reason,
            issue=issue,
            blame=common_blame([one.blame for one in cells if one.blame is not None]),
            cells=tuple(sorted(cells, key=lambda one: one.cell.values)),
        )
        for (signature, state, is_expected, reason, issue, *_), cells in found.items()
    ]
    return tuple(sorted(made, key=lambda group: (group.is_expected, -len(group.cells), group.signature.id)))


def common_blame(findings: Sequence[BlameFinding]) -> BlameFinding:
    """Return the blame of one failure seen in several cells: earned in one, it holds for all, unless they disagree."""
    earned = {finding.blame: finding for finding in reversed(findings) if finding.blame is not Blame.UNDETERMINED}
    if len(earned) == 1:
        return next(iter(earned.values()))
    if earned:
        names = sorted(blame.value for blame in earned)
        return BlameFinding(
            blame=Blame.UNDETERMINED,
            why=f"cells with this failure point to different things: {', '.join(names)}",
            suspects=tuple(sorted(earned, key=lambda blame: blame.value)),
        )
    narrowed = [finding for finding in findings if finding.suspects] or list(findings)
    fallback = BlameFinding(blame=Blame.UNDETERMINED, why="nothing was compared")
    return min(narrowed, key=lambda finding: len(finding.suspects), default=fallback)
