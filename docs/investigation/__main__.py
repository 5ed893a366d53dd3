"""Runs the scenarios, keeps what was observed, writes the document: `python -m docs.investigation`.

With ``--document`` it runs nothing: it writes the document anew from what was observed before.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from docs.investigation import document, rows
from harness.cli import interrupt, request
from harness.cli.board import Board
from harness.cli.console import err, out
from harness.cli.invocation import command
from harness.errors import ExitCode, HarnessError, worst
from harness.model.spec import ControlPolicy, MatrixSpec
from harness.process import Cancel
from harness.report import run_text
from harness.store.store import Store
from harness.workflow import run as workflow
from harness.workflow.place import Place

FOLDER = Path(__file__).resolve().parent
MATRIX, PROSE, RECORDS = FOLDER / "matrix.toml", FOLDER / "prose.toml", FOLDER / "records.json"
DOCUMENT = FOLDER.parent / "investigation.md"
ADVISED = ("canary=healthy,empty", "mode=plain")
"""The cells that are also run as the report recommended: with Django's own runner, the harness's control."""


def main(arguments: list[str]) -> int:
    """Do what was asked; return the exit code of the run."""
    spec, place = request.load(MATRIX)
    if arguments != ["--document"]:
        with interrupt.cancel_on_signal() as cancel, Board(err(), verbosity=0) as board:
            code = observe(spec, place, board, cancel)
        if code is not ExitCode.OK:
            out().print(f"{DOCUMENT.name} stays as it was: look into what is red, then declare it in {MATRIX.name}")
            return code
    found = rows.loads(RECORDS.read_text(encoding="utf-8"))
    text = document.render(found, tomllib.loads(PROSE.read_text(encoding="utf-8")))
    DOCUMENT.write_text(text, encoding="utf-8")
    out().print(f"wrote {DOCUMENT.relative_to(FOLDER.parents[1])}")
    return ExitCode.OK


def observe(spec: MatrixSpec, place: Place, board: Board, cancel: Cancel) -> ExitCode:
    """Run what is not known yet; keep what was observed where everything is as expected."""
    summaries = []
    for axes, policy in (((), ControlPolicy.NEVER), (ADVISED, ControlPolicy.ALWAYS)):
        asked = request.options(
            k="",
            axis=list(axes),
            profile="",
            cell=[],
            failed=None,
            as_of="",
            refresh=False,
            provider=[],
            no_python_downloads=False,
        )
        options = workflow.RunOptions(prepare=asked, control=policy, strict=True)
        summaries.append(workflow.run(spec, place, options, board, cancel))
    code = worst(ExitCode(summary.exit_code) for summary in summaries)
    if code is ExitCode.OK:
        matrix, advised = summaries
        with Store.open(place.store) as store:
            found = rows.export(
                store.records(matrix.run_id), store.records(advised.run_id), spec, as_of=f"{matrix.as_of:%Y-%m-%d}"
            )
        RECORDS.write_text(rows.dumps(found), encoding="utf-8")
    else:
        again, repro = command("run", MATRIX), command("repro", MATRIX)
        for summary in summaries:
            out().print(run_text.summary(summary, place.logs, is_verbose=False, command=again, repro=repro))
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except HarnessError as error:
        err().print(str(error), markup=False)
        sys.exit(error.exit_code)
