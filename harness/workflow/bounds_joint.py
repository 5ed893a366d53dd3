"""Checks all bounds together: each dependency as low as the others' bounds let it be."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from harness.analysis.bisect.answer import Answer
from harness.analysis.bisect.view import Row
from harness.analysis.bounds.view import DependencyBound, Joint
from harness.errors import Infrastructure
from harness.model.cell import PYTHON, Cell, is_package_axis
from harness.model.package import Lock
from harness.model.plan import Axis, Value
from harness.model.spec import Preference
from harness.model.verdict import State
from harness.packages.resolve import CONSTRAINT
from harness.workflow.bounds_asking import Asking
from harness.workflow.prepare import Prepared, requirements
from harness.workflow.probing import Ground

LABEL = "all bounds together"


def joint(ground: Ground, asking: Asking, base: Cell, bounds: Sequence[DependencyBound]) -> Joint | None:
    """Run the cell in which every dependency with a bound is as low as ``--lowest-direct`` resolves it to, the rest as
    new as goes with that; None where no bound was found."""
    found = [one for one in bounds if one.first_good is not None]
    if not found:
        return None
    ready = asking.session.prepared
    try:
        answer = _lowest(ground, ready, base, found)
    except Infrastructure as error:
        return _none(State.ERROR, str(error))
    if isinstance(answer, str):
        return _none(State.UNRESOLVABLE, answer)
    versions = tuple((one.name, answer.version_of(one.name) or "") for one in found)
    cell = base
    for name, version in versions:
        cell = cell.replace(name, _value(ready, name, version))
    if cell not in asking.rows:
        asking.session.watcher.stage(f"asking {LABEL}")
        asking.ask([(LABEL, cell)])
        if asking.rows[cell].answer is Answer.BAD:  # as of the last bad release: not by chance
            asking.ask([(LABEL, cell)])
    notes = tuple(
        f"{one.name} is {version}, not {lowest}: another dependency needs that"
        for one, (_, version) in zip(found, versions, strict=True)
        if (lowest := one.rows[one.first_good or 0].label) != version
    )
    return Joint(versions=versions, row=asking.rows[cell], notes=notes)


def _lowest(ground: Ground, ready: Prepared, base: Cell, found: Sequence[DependencyBound]) -> Lock | str:
    """Resolve the dependencies alone, beside the axes that are none of them and under the canary's constraints."""
    names = {one.name for one in found}
    wanted = [f"{one.name}{one.proposed}" for one in found]
    for axis, texts in requirements(ready, base).items():
        if axis in names:
            continue  # its value gives way to the bound
        wanted += [
            text for text in texts if is_package_axis(axis) or text.startswith(CONSTRAINT) or _name(text) in names
        ]
    resolver = ground.pins.resolver(
        ready.spec, ground.place, ground.uv, refresh=False, preference=Preference.LOWEST_DIRECT
    )
    answer = resolver.lock(wanted, ready.interpreters[base[PYTHON]], cancel=ready.cancel)
    return answer if isinstance(answer, Lock) else answer.words


def _name(text: str) -> str:
    return str(canonicalize_name(Requirement(text.removeprefix(CONSTRAINT)).name))


def _value(ready: Prepared, name: str, version: str) -> str:
    """Return the value of an axis that stands for a version, added where it is not on it yet."""
    for axis in ready.axes:
        for value in axis.values if axis.name == name else ():
            if Version(value.exact) == Version(version):
                return value.requested
    added = Axis(name=name, values=(Value(requested=f"=={version}", exact=version),))
    ready.axes = (*ready.axes, added)
    return f"=={version}"


def _none(state: State, reason: str) -> Joint:
    row = Row(label=LABEL, cell="", answer=Answer.UNKNOWN, state=state, reason=reason, is_untestable=True)
    return Joint(versions=(), row=row, notes=())
