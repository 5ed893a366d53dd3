"""`harness compare`: what became of the cells from one run to another."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import options as opt


def compare(
    runs: Annotated[
        list[int], typer.Argument(metavar="[OLD] [NEW]", help="Numbers of runs; NEW may be left out.")
    ] = [],  # noqa: B006
    since: Annotated[
        int,
        typer.Option("--since", metavar="BASELINE", min=0, help="For CI: compare with this run, end 1 on regressions."),
    ] = 0,
    matrix: opt.MatrixOption = opt.DEFAULT_MATRIX,
    json: opt.JsonOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Compare two runs: regressed, fixed, changed, new, gone, … with the packages that moved beside each change.

    Ends 0, whatever changed. With --since: 1 if a cell regressed, 10 if one became indeterminate. 4 usage, 5 no runs.
    """
    from harness.analysis.compare import exit_code
    from harness.cli import request
    from harness.cli.console import out
    from harness.errors import ExitCode, UsageError
    from harness.report import compare_json, compare_text
    from harness.workflow.compare import compare_runs

    given = [*([since] if since else []), *runs]
    if not 1 <= len(given) <= 2:
        raise UsageError(
            "compare takes an old run and a new one", remedy="harness compare 3 4, or harness compare --since 3"
        )
    spec, place = request.load(matrix)
    found = compare_runs(spec, place, old=given[0], new=given[1] if len(given) > 1 else None)
    code = exit_code(found) if since else ExitCode.OK
    if json:
        print(compare_json.document(found, int(code)))
    else:
        out().print(compare_text.comparison(found, is_verbose=verbose > 0))
    return code
