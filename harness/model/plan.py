"""A plan: the ordered cells to run, and everything left out with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from harness.model.cell import Cell
from harness.model.spec import ProviderName, Strength


class Why(Enum):
    """Why cells are not in a plan."""

    EXCLUDED = "excluded"  # [[exclude]]
    CANARY_DATABASE = "canary-database"  # the canary cannot use the database
    MODE_DATABASE = "mode-database"  # the mode cannot use the database
    REQUIRES_PYTHON = "requires-python"
    NO_WHEEL = "no-wheel"
    UNRESOLVABLE = "unresolvable"
    NOT_BUILT = "not-built"  # a project whose build fails: no version is at fault
    SERVER_UNSUPPORTED = "server-unsupported"  # Django's own check on connecting
    NO_INTERPRETER = "no-interpreter"
    NO_PROVIDER = "no-provider"

    @property
    def is_of_this_machine(self) -> bool:
        """Tell whether another machine could test these cells: they stay in the denominator."""
        return self in (Why.NO_INTERPRETER, Why.NO_PROVIDER)

    @property
    def is_of_the_matrix(self) -> bool:
        """Tell whether the matrix itself says that these cells make no sense."""
        return self in (Why.EXCLUDED, Why.CANARY_DATABASE, Why.MODE_DATABASE)


Partial = tuple[tuple[str, str], ...]
"""Values for some axes, sorted by axis name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value of an axis: what was asked for and, on version axes, the exact version it stands for."""

    requested: str
    exact: str = ""  # empty where there is none, or where no interpreter was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis with its values expanded, in the order of the matrix."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nogood:
    """Every cell that holds *values* is untestable, and why."""

    values: Partial
    why: Why
    detail: str  # for a person; uv's words verbatim for `UNRESOLVABLE`
    remedy: str = ""

    def covers(self, cell: Cell) -> bool:
        """Tell whether *cell* holds all of the values."""
        return set(self.values) <= set(cell.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Cells that the plan leaves out for one reason."""

    nogood: Nogood
    cells: int  # how many of the product it covers


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many of the feasible tuples the plan's cells hold."""

    strength: Strength
    covered: int
    feasible: int  # includes those that only this machine can't test
    missing: tuple[tuple[Partial, str], ...] = ()  # each feasible tuple not covered, with the reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run, in order, and what not."""

    cells: tuple[Cell, ...]
    left_out: tuple[LeftOut, ...]
    coverage: Coverage
    product: int  # cells of the full product, before anything is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One part of a plan, and the whole that it is a part of: what is needed to put the parts together again."""

    number: int  # from 1
    of: int
    cells: tuple[tuple[str, int], ...]  # the id of every planned cell, in order, with the number of its shard
    nogoods: tuple[Nogood, ...]  # all that the plan goes by
    plan: str  # digest of the plan, the same in each of its shards

    @property
    def name(self) -> str:
        """Return "3/8"."""
        return f"{self.number}/{self.of}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """What the store keeps of a run's plan beside its cells: enough to sum the run up again."""

    axes: tuple[Axis, ...]  # the values of the whole matrix, whatever was selected
    left_out: tuple[LeftOut, ...]
    coverage: Coverage
    product: int
    strict: bool
    absent: tuple[ProviderName, ...]  # that ``--require`` named and that left cells out
    warnings: tuple[str, ...] = ()  # where the run is not what matrix.lock says
    shard: Shard | None = None  # of a run that is one part of a plan; the above are the whole plan's
    merged: tuple[str, ...] = ()  # of a run that was merged: what tells each of its parts from all other runs


def exact_versions(cell: Cell, axes: tuple[Axis, ...]) -> dict[str, str]:
    """Return the exact version of each of the cell's values that has one."""
    exact = {(axis.name, value.requested): value.exact for axis in axes for value in axis.values}
    return {axis: exact[axis, value] for axis, value in cell.values if exact.get((axis, value))}
