"""`harness init`: a matrix for a project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options as opt
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.interop.project.question import Ask, Question


def init(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The project's folder.")] = Path(),
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Take axes and commands from this file: a tox.ini.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what would be offered.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there; - shows it instead.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    json: opt.JsonOption = False,
) -> int:
    """Look at a Django project or package, and write a matrix.toml for it.

    Nothing of the project is run, and nothing but that file is written.
    """
    import os

    from harness.cli import interrupt
    from harness.cli.console import out
    from harness.interop.project.question import take_default
    from harness.report import init_json, init_text
    from harness.workflow import init as workflow
    from harness.workflow.place import cache_folder

    request = workflow.InitRequest(path=path, source=source, output=output, is_forced=force)
    with interrupt.cancel_on_signal() as cancel:
        place = workflow.place_of(request, cache_folder(os.environ), dict(os.environ))
        view = workflow.init(request, place, take_default if yes else _asking(cancel.is_set), cancel)
    if json:
        print(init_json.document(view))
    elif view.path is None:
        print(view.text, end="")
    else:
        out().print(init_text.init(view))
    return 0


def _asking(is_cancelled: Callable[[], bool]) -> Ask:
    """Return what asks a person, on stderr.

    Raises:
        UsageError: nobody is there to answer.
    """

    def ask(question: Question) -> str:
        offered = f" ({', '.join(question.choices)})" if question.choices else ""
        while True:
            try:
                answer = str(typer.prompt(f"{question.text}{offered}", default=question.default, err=True))
            except typer.Abort:
                if is_cancelled():
                    raise
                raise UsageError(f"nobody answers: {question.text}", remedy="--yes takes the default") from None
            if not question.choices or answer in question.choices:
                return answer
            typer.echo(f"{answer!r} is none of them", err=True)

    return ask
