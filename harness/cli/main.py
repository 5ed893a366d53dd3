"""The application: its commands, and how errors leave it."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from harness.cli import (
    bisect,
    bounds,
    compare,
    config,
    doctor,
    explain,
    export,
    gc,
    init,
    lock,
    merge,
    plan,
    report,
    repro,
    run,
    shell,
    show,
)
from harness.errors import ExitCode, HarnessError

app = typer.Typer(
    name="harness",
    help="Which combinations of Python, Django, pytest-django, pytest and database server really create their tables"
    " and pass: with evidence.",
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("init")(init.init)
app.command("run")(run.run)
app.command("plan")(plan.plan)
app.command("show")(show.show)
app.command("explain", cls=explain.RefineMayStandAlone)(explain.explain)
app.command("bisect", cls=bisect.SweepMayStandAlone)(bisect.bisect)
app.command("bounds")(bounds.bounds)
app.command("compare")(compare.compare)
app.command("merge")(merge.merge)
app.command("lock")(lock.lock)
app.command("report")(report.report)
app.command("repro")(repro.repro)
app.command("shell")(shell.shell)
app.command("doctor", cls=doctor.CommandAfterDashes)(doctor.doctor)
app.command("gc")(gc.gc)
app.add_typer(export.app, name="export")
app.add_typer(config.app, name="config")


_DISK_TROUBLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
_TYPERS_INTERRUPT = 130
"""What typer makes of a KeyboardInterrupt that leaves a command (older ones: `typer.Abort`)."""


def _version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        print(f"harness {version('harness')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line and exit: `harness.errors.ExitCode` says with what."""
    signal.signal(signal.SIGTERM, _terminate)
    _prepare_streams()
    try:
        code = app(standalone_mode=False)
        if code == _TYPERS_INTERRUPT:
            _interrupted()
    except HarnessError as error:
        print(f"harness: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _interrupted()
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # typer's answer to it is 1, which means something else here
            sys.exit(ExitCode.OK)  # whoever read us has gone; nobody is left to tell
        raise
    except OSError as error:
        if error.errno not in _DISK_TROUBLE:
            _bug()
        where = f" ({error.filename})" if error.filename else ""
        print(f"harness: cannot write{where}: {error.strerror}\n  try: make room on the disk", file=sys.stderr)
        sys.exit(ExitCode.INDETERMINATE)
    except Exception as error:  # noqa: BLE001  (the last resort: whatever it is, it is told)
        if hasattr(error, "format_message"):  # a usage error of typer's own
            _usage(error)
        _bug()
    sys.exit(code if isinstance(code, int) else ExitCode.OK)


def _interrupted() -> NoReturn:
    print("harness: interrupted; what is finished is kept, the next run goes on from there", file=sys.stderr)
    sys.exit(ExitCode.INTERRUPTED)


def _prepare_streams() -> None:
    """Make sure that anything can be printed: a stream may be closed, or know no letters but ASCII."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  (until the end)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8" if stream.encoding == "ascii" else None, errors="backslashreplace")


def _bug() -> NoReturn:
    import traceback

    traceback.print_exc()
    print("harness: this is a bug of the harness, please report it with the lines above", file=sys.stderr)
    sys.exit(ExitCode.BUG)


def _usage(error: Exception) -> NoReturn:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "harness"
    print(f"harness: {error.format_message()}\n  try: {command} --help", file=sys.stderr)  # type: ignore[attr-defined]
    sys.exit(ExitCode.USAGE)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
