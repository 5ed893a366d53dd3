"""Shows that each project under tests/cases still fails as its case.toml says, and that its fix heals it.

    python benchmarks/cases.py [--python ENVIRONMENT/bin/python]… [--only GLOB]… [--jobs 2]

For every case and environment, in copies: the set-up commands and the command of ``[expect]``, held against the exit
status and the texts expected (``[expect_django61]`` where that Django differs); then the same with the overlay of
``[fixed]``, whose command must exit 0. Without ``--python`` two environments are made with uv, one per stack below.
Projects on PostgreSQL get an embedded server. Exit code 1 if a case does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import fnmatch
import os
import secrets
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs
import psycopg
import uv
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.databases import Context, offer
from harness.ledger import Ledger
from harness.model.server import Absent
from harness.model.spec import DatabaseSpec, Engine, ProviderName
from harness.packages.interpreters import find, looked_in, match
from harness.process import Cancel, capture, clean_environment

CASES = Path(__file__).resolve().parent.parent / "tests" / "cases"
STACKS = (
    ("django==6.0.*", "pytest-django==4.11.1", "pytest==8.4.2"),
    ("django==6.1.*", "pytest-django==4.14.0", "pytest==9.2.0"),
)
EXTRAS = ("pytest-xdist", "psycopg[binary]")
LIMIT_S = 120
VERSIONS = """
import django, pytest, pytest_django
print(*django.VERSION[:2], sep="")
print("Django", django.__version__, "+ pytest-django", pytest_django.__version__, "+ pytest", pytest.__version__)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """An environment: its interpreter, Django's version without the dot ("61"), and what it holds, for people."""

    python: Path
    django: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of one case in one environment: empty troubles if it holds."""

    slug: str
    seconds: float  # of the command of [expect]
    troubles: tuple[str, ...]
    last: str  # the last line that the command wrote


def main() -> int:
    """Run everything that was asked for, print a table per environment, and tell whether all of it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, action="append", help="an environment's interpreter; repeatable")
    parser.add_argument("--only", action="append", metavar="GLOB", help="slugs; repeatable")
    parser.add_argument("--jobs", type=int, default=2, help="cases at a time (default: %(default)s)")
    parser.add_argument("--verbose", action="store_true", help="show the output of cases that do not hold")
    arguments = parser.parse_args()
    cases = [folder for folder in cases_under(CASES) if is_wanted(folder.name, arguments.only)]
    if not cases:
        parser.error("--only: no case has such a slug")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harness-cases-")))
        pythons = [path.absolute() for path in arguments.python or ()] or made(folder)
        stacks = [inspect(python) for python in pythons]
        needs_server = any(read(case)["database"] == "postgres" for case in cases)
        server = stack.enter_context(postgresql(folder)) if needs_server else {}
        failures = 0
        for number, environment in enumerate(stacks):
            with ThreadPoolExecutor(arguments.jobs) as pool:
                place = folder / f"stack{number}"
                answers = list(pool.map(lambda case: hold(case, environment, place, server), cases))  # noqa: B023
            failures += show(environment, answers, arguments.verbose)
    return 1 if failures else 0


def cases_under(folder: Path) -> list[Path]:
    """Return the folders of all cases, sorted by slug."""
    return sorted(path.parent for path in folder.glob("*/case.toml"))


def is_wanted(slug: str, globs: Sequence[str] | None) -> bool:
    """Tell whether a slug was asked for; all of them if nothing was."""
    return not globs or any(fnmatch.fnmatch(slug, pattern) for pattern in globs)


def read(case: Path) -> dict[str, Any]:
    """Return a case's description."""
    return tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))


def cache() -> Path:
    """Return where the harness keeps what outlives a run."""
    return Path(os.environ.get("HARNESS_CACHE_DIR") or platformdirs.user_cache_path("harness"))


def made(folder: Path) -> list[Path]:
    """Make an environment per stack and return their interpreters."""
    found = match("3.12", find(cache(), environ=dict(os.environ)))
    if found is None:
        sys.exit(f"no Python 3.12, which these versions of Django need: {looked_in(dict(os.environ))}")
    pythons = []
    for number, requirements in enumerate(STACKS):
        target = folder / f"environment{number}"
        python = target / "bin" / "python"
        must([uv.find_uv_bin(), "venv", "-q", "--python", found.path, target])
        must([uv.find_uv_bin(), "pip", "install", "-q", "--python", python, *requirements, *EXTRAS])
        pythons.append(python)
    return pythons


def must(command: Sequence[str | Path]) -> str:
    """Run a tool and return what it wrote; end the program if it fails."""
    ended = capture(command, timeout_s=300)
    if ended.code:
        sys.exit(f"{' '.join(map(str, command))}\n{ended.stderr}")
    return ended.stdout


def inspect(python: Path) -> Stack:
    """Ask an environment for its versions."""
    django, title = must([python, "-c", VERSIONS]).splitlines()
    return Stack(python=python, django=django, title=title)


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[dict[str, str]]:
    """Run an embedded server with the roles that the cases name; yield the variables that lead to it."""
    with Ledger.open(folder / "ledger") as ledger:
        context = Context(
            cache=cache(),
            scratch=folder,
            ledger=ledger,
            environ=dict(os.environ),
            cancel=Cancel(),
            uv=uv.find_uv_bin(),
        )
        spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version="17", providers=(ProviderName.EMBEDDED,))
        answer = offer(spec, context=context)
        if isinstance(answer, Absent):
            sys.exit(f"no embedded PostgreSQL: {answer.detail}")
        with answer.start(timeout_s=120) as server:
            administration: Any = server.administration  # type: ignore[attr-defined]
            yield with_roles(administration)


def with_roles(administration: Any) -> dict[str, str]:
    """Create the roles: both with one password, which libpq takes from the environment."""
    where, password = administration.endpoint, secrets.token_urlsafe(18)
    administration.create("caseuser", password, ["appdb"])
    administration.create("nocreate", password, [])
    with psycopg.connect(
        host=where.host, port=where.port, user=where.user, password=where.password, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("ALTER ROLE nocreate NOCREATEDB")
        connection.execute("GRANT CONNECT ON DATABASE appdb TO nocreate")
    return {"CASES_PGHOST": where.host, "CASES_PGPORT": str(where.port), "PGPASSWORD": password}


def hold(case: Path, stack: Stack, place: Path, server: Mapping[str, str]) -> Answer:
    """Run one case in one environment."""
    told = read(case)
    expect = told["expect"] | told.get(f"expect_django{stack.django}", {})
    project = place / told["slug"]
    shutil.copytree(case / "project", project)
    env = environment(stack, server)
    troubles = run_all(expect["setup"], project, env | expect.get("env", {}))
    ended = capture(["sh", "-c", expect["command"]], timeout_s=LIMIT_S, cwd=project, env=env | expect.get("env", {}))
    said = ended.stdout + ended.stderr
    if ended.code != expect["exit"]:
        troubles.append(f"exit {ended.code}, not {expect['exit']}")
    troubles += [f"does not say: {text}" for text in expect["contains"] if text not in said]
    if "fixed" in told:
        troubles += heal(case, told, place, env)
    lines = said.strip().splitlines() or [""]
    return Answer(slug=told["slug"], seconds=ended.duration_s, troubles=tuple(troubles), last=lines[-1])


def heal(case: Path, told: Mapping[str, Any], place: Path, env: Mapping[str, str]) -> list[str]:
    """Apply a case's fix in a copy of its own and return what is still wrong."""
    fixed, expect = told["fixed"], told["expect"]
    project = place / f"{told['slug']}-fixed"
    shutil.copytree(case / "project", project)
    troubles = run_all(expect["setup"], project, {**env, **expect.get("env", {})})
    if (case / "fixed").is_dir():
        shutil.copytree(case / "fixed", project, dirs_exist_ok=True)
    for name in fixed["delete"]:
        (project / name).unlink()
    after = {**env, **fixed.get("env", expect.get("env", {}))}
    run_all(fixed["setup"], project, after)  # not judged: what reuses a stale database fails there once more
    ended = capture(["sh", "-c", fixed["command"]], timeout_s=LIMIT_S, cwd=project, env=after)
    if ended.code != fixed["exit"]:
        troubles.append(f"fixed: exit {ended.code}\n{(ended.stdout + ended.stderr)[-3000:]}")
    return troubles


def run_all(commands: Sequence[str], project: Path, env: Mapping[str, str]) -> list[str]:
    """Run set-up commands and return those that failed."""
    troubles = []
    for command in commands:
        ended = capture(["sh", "-c", command], timeout_s=LIMIT_S, cwd=project, env=env)
        if ended.code:
            troubles.append(f"set-up: {command}: exit {ended.code}\n{(ended.stdout + ended.stderr)[-2000:]}")
    return troubles


def environment(stack: Stack, server: Mapping[str, str]) -> dict[str, str]:
    """Return a caller's variables: the environment's ``python`` first, nothing that decides for Django or pytest."""
    kept = {key: value for key, value in clean_environment().items() if not key.startswith(("DJANGO_", "PYTEST_"))}
    return kept | dict(server) | {"PATH": f"{stack.python.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def show(stack: Stack, answers: Sequence[Answer], is_verbose: bool) -> int:
    """Print one environment's table and return the number of cases that do not hold."""
    console = Console(width=160)
    table = Table("case", "s", "holds", "last line", title=stack.title)
    for answer in answers:
        troubles = answer.troubles if is_verbose else tuple(trouble.splitlines()[0] for trouble in answer.troubles)
        verdict = "[red]" + escape("; ".join(troubles)) if troubles else "[green]yes"
        table.add_row(answer.slug, f"{answer.seconds:.1f}", verdict, escape(answer.last[:90]))
    console.print(table)
    bad = sum(bool(answer.troubles) for answer in answers)
    console.print(f"{len(answers) - bad} of {len(answers)} cases hold")
    return bad


if __name__ == "__main__":
    raise SystemExit(main())
