"""A folder that reproduces one cell: the lock, the canary, a script, and the same in containers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from harness.cells import project
from harness.cells.environ import INJECTION
from harness.cells.outside import databases, projects, script
from harness.cells.outside.recipe import DockerServer, Recipe, requirements
from harness.cells.outside.server import PREFIX
from harness.errors import Infrastructure, UsageError
from harness.model.spec import Change, Engine

SCRIPT = "repro.sh"
FOLDERS = ("canary", "server", INJECTION.name)
FILES = (SCRIPT, "requirements.txt", "README.md", "Dockerfile", "compose.yaml")


def write(recipe: Recipe, folder: Path, *, canary: Path, changes: tuple[Change, ...]) -> None:
    """Write the bundle into *folder*: a new one, an empty one, or an earlier bundle, which it replaces.

    Raises:
        UsageError: *folder* holds something else, or is no folder.
        Infrastructure: it cannot be written, or the canary cannot be read.
    """
    check(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        project.copy(canary, changes, folder / "canary")
        for name, text in texts(recipe).items():
            (folder / name).write_text(text, encoding="utf-8", errors="surrogateescape")
        (folder / SCRIPT).chmod(0o755)
        if recipe.server is not None and recipe.server.own is not None:
            project.copy(recipe.server.own.folder, (), folder / "server")
        if projects.is_injected(recipe):
            project.copy(INJECTION, (), folder / INJECTION.name)
    except OSError as error:
        raise Infrastructure(f"cannot write {error.filename or folder}: {error.strerror or error}") from error


def check(folder: Path) -> None:
    """See that a bundle may be written to *folder*.

    Raises:
        UsageError: it holds something that is none of ours, or is no folder.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", remedy="--out with a folder that is not there yet")
    there = {path.name for path in folder.iterdir()}
    foreign = sorted(there - {*FILES, *FOLDERS})
    if there and (foreign or not _is_ours(folder / SCRIPT)):
        named = foreign[0] if foreign else min(there)
        raise UsageError(f"{folder} holds something else ({named})", remedy="--out with a folder that is not there yet")


def texts(recipe: Recipe) -> dict[str, str]:
    """Return the files of a bundle beside its folders; the same bytes for the same recipe."""
    found = {
        SCRIPT: script.bundled(recipe),
        "requirements.txt": requirements(recipe.lock),
        "README.md": _readme(recipe),
        "Dockerfile": _dockerfile(recipe),
    }
    if recipe.server is not None:
        found["compose.yaml"] = _compose(recipe, recipe.server)
    return found


def _is_ours(path: Path) -> bool:
    try:
        return script.MARK in path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _clear(folder: Path) -> None:
    for name in FOLDERS:
        if (folder / name).exists():
            shutil.rmtree(folder / name)
    for name in FILES:
        (folder / name).unlink(missing_ok=True)


def _dockerfile(recipe: Recipe) -> str:
    return f"""\
# The cell in a container. BASE may be any image that has Python {recipe.job.interpreter.version} and sh.
ARG BASE=python:{recipe.job.interpreter.version}-slim
FROM ${{BASE}}
RUN command -v uv >/dev/null || python3 -m pip install --no-cache-dir uv
ENV REPRO_PYTHON=python3
COPY . /repro
CMD ["sh", "/repro/{SCRIPT}"]
"""


def _compose(recipe: Recipe, server: DockerServer) -> str:
    passed = "".join(f"\n      {name}:" for name in _passed(recipe))
    build = ""
    if server.own is not None:
        build = f"""
    build:
      context: server
      args:
        BASE: {json.dumps(server.own.base)}
        PACKAGES: {json.dumps(server.own.packages)}"""
    ready = "pg_isready -h 127.0.0.1 -U postgres"
    if server.engine is not Engine.POSTGRESQL:
        client = "$$(command -v mariadb || command -v mysql)"
        ready = f"MYSQL_PWD={PREFIX} {client} -h $$HOSTNAME -u root -e 'SELECT 1'"
    return f"""\
# docker compose run --rm --build tests
services:
  database:
    image: {json.dumps(server.image)}{build}
    command: {json.dumps(server.arguments)}
    environment:
      {server.variable}: {PREFIX}
    tmpfs:
      - {server.data}:rw,size=2g
    healthcheck:
      test: ["CMD-SHELL", "{ready}"]
      interval: 1s
      retries: 120
  tests:
    build: .
    depends_on:
      database:
        condition: service_healthy
    environment:
      REPRO_HOST: database
      REPRO_USER: {server.root}
      REPRO_PASSWORD: {PREFIX}{passed}
"""


def _passed(recipe: Recipe) -> tuple[str, ...]:
    return recipe.project.pass_env if recipe.project is not None else ()


def _readme(recipe: Recipe) -> str:
    job, server = recipe.job, recipe.server
    said = "".join(f"    {script.printed(line)}\n" for line in (job.cell.id, *recipe.said))
    python = f"{job.interpreter.implementation} {job.interpreter.version}"
    needs = "uv and a server" if server else "uv"
    does = "copies `canary/` there and runs its tests"
    if recipe.project is not None:
        built = "installs it from there (what builds it is fetched anew)" if recipe.wheel is not None else ""
        does = ", ".join(filter(None, ("copies `canary/` there", built, "and runs its commands until one fails")))
    passed = "".join(f"| `{name}` | passed on to the project |\n" for name in _passed(recipe))
    return f"""\
# One cell, to be seen without the harness

{said}
`sh {SCRIPT}` makes an environment of {python} with the packages of `requirements.txt` (exact versions, with hashes)
in a temporary folder, {does}. It needs {needs}, and leaves nothing behind.
Its exit code is that of the tests, or {script.FAILED} where it did not come to them.

| variable | meaning |
| --- | --- |
| `REPRO_PYTHON` | another interpreter than the {job.interpreter.version} that uv finds: its path |
| `REPRO_RESULTS` | a folder for a JUnit XML of each run and the exit codes |
{passed}{_about_server(server) if server else ""}
{_containers(recipe)}
"""


def _about_server(server: DockerServer) -> str:
    host, port, user, password, name = databases.VARIABLES
    started = f"`docker run` starts `{server.image}`, unless a server is at hand:"
    return f"""\
| `REPRO_IMAGE` | another image of the server than `{server.image}` |
| `REPRO_DOCKER_ARGS` | more arguments for `docker run` |
| `{host}` | a {server.engine.value} server at hand; then Docker is not used |
| `{port}` `{user}` `{password}` | its port ({server.port}), and a user who may create databases ({PREFIX}, {PREFIX}) |
| `{name}` | what the names of databases begin with ({PREFIX}) |

{started} then give `{host}` and its companions.
"""


def _containers(recipe: Recipe) -> str:
    if recipe.server is None:
        options = " ".join(["--rm", *(f"-e {name}" for name in _passed(recipe))])
        return f"In a container: `docker build -t repro . && docker run {options} repro`."
    return (
        "All in containers: `docker compose run --rm --build tests`, then `docker compose down`."
        " There the tests connect as the server's administrator."
    )
