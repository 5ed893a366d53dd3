"""Who makes the attempts: threads of this process, or, behind the same Protocol, workers on other machines."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Protocol

from harness.cells.execute import Made, Phase, attempt
from harness.cells.folders import warm
from harness.cells.job import Job
from harness.cells.key import key_of
from harness.cells.services import Services
from harness.model.cell import DATABASE


class Crew(Protocol):
    """Whoever makes attempts. Its methods are called from one thread."""

    @property
    def width(self) -> int:
        """The number of attempts that it makes side by side."""
        ...

    def refusal(self, job: Job) -> str:
        """Return why nobody here can try *job*, "" where somebody can."""
        ...

    def keys(self, job: Job) -> tuple[str, ...]:
        """Return the run keys that *job* may get: one for each sort of machine that it may be tried on."""
        ...

    def warm(self, jobs: Sequence[Job]) -> None:
        """Get ready, in the background, for what is to come."""
        ...

    def kind(self, job: Job) -> Hashable:
        """Return what tells the jobs that the same can do from others."""
        ...

    def has_room(self, job: Job, running: int) -> bool:
        """Tell whether another attempt should be begun beside the *running* ones."""
        ...

    def begin(self, job: Job, number: int) -> Future[Made]:
        """Have *job* tried once, as its attempt *number*; bugs, and the loss of everybody, are raised by the future."""
        ...

    def stop(self) -> None:
        """Ask what runs to end soon; its futures still come to their end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """A crew on this machine: any executor that shares this process's memory."""

    executor: Executor
    services: Services
    width: int
    phase: Callable[[Job, Phase], None]  # told from several threads

    def refusal(self, job: Job) -> str:  # noqa: ARG002  (the Protocol's)
        """What was planned here can be done here."""
        return ""

    def keys(self, job: Job) -> tuple[str, ...]:
        """There is one machine."""
        return (key_of(job, self.services),)

    def warm(self, jobs: Sequence[Job]) -> None:
        """Compile copies and start servers."""
        warm(jobs, self.services)
        self.services.servers.warm(dict.fromkeys(job.cell[DATABASE] for job in jobs))

    def kind(self, job: Job) -> Hashable:  # noqa: ARG002  (the Protocol's)
        """All can be done here."""
        return None

    def has_room(self, job: Job, running: int) -> bool:  # noqa: ARG002  (the Protocol's)
        """As many wait in the executor as run, so that none of its threads ever waits for us."""
        return running < 2 * self.width

    def begin(self, job: Job, number: int) -> Future[Made]:
        """Hand it to a thread."""
        return self.executor.submit(
            attempt,
            job,
            self.services,
            key=key_of(job, self.services),
            number=number,
            phase=lambda phase: self.phase(job, phase),
        )

    def stop(self) -> None:
        """Set the switch that everything here watches."""
        self.services.cancel.set()
