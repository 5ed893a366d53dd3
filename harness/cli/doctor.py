"""`harness doctor`: why the tables of a Django project's test database are missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from harness.cli import options as opt

COMMAND_KEY = "harness.doctor.command"


class CommandAfterDashes(TyperCommand):
    """A command that takes another one after ``--``, whatever options that has."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Set the other command aside."""
        own, rest = args, []
        if "--" in args:
            at = args.index("--")
            own, rest = args[:at], args[at + 1 :]
        ctx.meta[COMMAND_KEY] = tuple(rest)
        return super().parse_args(ctx, own)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Show it in the usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND ...]"]


def doctor(
    ctx: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The project's folder.")] = Path(),
    python: Annotated[
        Path | None, typer.Option("--python", metavar="PATH", help="The interpreter, or environment, of the project.")
    ] = None,
    settings: Annotated[
        str, typer.Option("--settings", metavar="MODULE", help="Which settings module is meant, where nothing says so.")
    ] = "",
    static: Annotated[bool, typer.Option("--static", help="Only read; run nothing, need no database.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Show the change and apply it once confirmed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --fix: confirm.")] = False,
    allow_server: Annotated[
        bool, typer.Option("--allow-server", help="Run against the project's own server instead of an isolated one.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=1, help="For one run of COMMAND.")
    ] = 600,
    json: opt.JsonOption = False,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = 0,
) -> int:
    """Say why a test database has no tables: the cause, where it lies, and what to change.

    COMMAND is what fails (default: python -m pytest). It runs in a copy; nothing in the project changes without --fix.
    """
    import os

    from harness.cli import interrupt
    from harness.cli.console import err, out
    from harness.report import doctor_json, doctor_text
    from harness.workflow import doctor as workflow
    from harness.workflow.place import cache_folder

    request = workflow.DoctorRequest(
        path=path,
        words=ctx.meta[COMMAND_KEY],
        python=python,
        settings=settings,
        is_static=static,
        is_server_allowed=allow_server,
        timeout_s=timeout,
    )
    with interrupt.cancel_on_signal() as cancel:
        around = workflow.Around(
            cache=cache_folder(os.environ),
            environ=dict(os.environ),
            cancel=cancel,
            say=lambda text: None if quiet or json or not err().is_terminal else err().print(text, style="dim"),
        )
        found = workflow.diagnose(request, around)
        if json:
            print(doctor_json.document(found))
        else:
            out().print(doctor_text.diagnosis(found, is_verbose=verbose > 0))
        if fix and found.fixes and (yes or (not json and _confirm(cancel.is_set))):
            said = workflow.heal(request, found, around)
            if not json:
                out().print(doctor_text.applied(said))
    return 0 if found.is_healthy else 1


def _confirm(is_cancelled: Callable[[], bool]) -> bool:
    """Ask; nobody there to answer means no."""
    try:
        return typer.confirm("Apply this change?", default=False, err=True)
    except typer.Abort:
        if is_cancelled():
            raise
        return False
