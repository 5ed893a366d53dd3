"""A cell's place without its tests: where its own Python can be asked about the canary."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.cells import environ
from harness.cells.commands import commands
from harness.cells.folders import laid_out, settled
from harness.cells.job import Job
from harness.cells.services import Services
from harness.model.cell import DATABASE
from harness.process import capture

_label = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A copy of the canary with the cell's interpreter, variables and databases."""

    copy: Path
    python: str
    environ: Mapping[str, str]
    secrets: tuple[str, ...]  # that its databases are reached with
    services: Services

    def describe(self, inspector: Path, roots: tuple[str, ...]) -> tuple[str, str]:
        """Let *inspector* describe the copy, imported from the folders *roots*; return its document and its complaints.

        Raises:
            Infrastructure: it does not start, or did not end in time.
            Interrupted: the user asked to stop.
        """
        output = self.copy.parent / "inspection.json"
        done = capture(
            (self.python, inspector, output, self.copy, *(self.copy / root for root in roots)),
            timeout_s=self.services.run.timeouts.test_s,
            cwd=self.copy,
            env=self.environ,
            cancel=self.services.cancel,
        )
        text = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
        return self._masked(text), self._masked(done.stderr.strip())

    def _masked(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


@contextmanager
def bench(job: Job, services: Services) -> Iterator[Bench]:
    """Yield a cell's place; it goes with the block.

    Raises:
        Infrastructure: the environment, the server or the copy cannot be made.
    """
    number = next(_label)
    folder = services.scratch / f"bench-{number}"
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        made = services.environments.ensure(
            job.lock, job.interpreter, is_apart=job.canary.project is not None, cancel=services.cancel
        )
        server = services.servers.get(job.cell[DATABASE])
        databases = stack.enter_context(server.lease(f"b{number}", job.canary.aliases))
        folders = laid_out(job, services, folder)
        made, folders = settled(made, job, services, folders, environ.INJECTION)
        probe = folders.probe / services.probe.name
        yield Bench(
            copy=folders.work,
            python=str(made.python),
            environ=environ.environment(
                job,
                commands(job.mode, job.runner, job.canary, str(probe))[-1],
                number=1,
                inherited=services.inherited,
                databases=databases,
                probe=probe,
                evidence=folders.evidence,
                scratch=folders.scratch,
                bin_dir=Path(made.python).parent,
            ),
            secrets=tuple(sorted({str(entry["PASSWORD"]) for entry in databases.values() if entry.get("PASSWORD")})),
            services=services,
        )
