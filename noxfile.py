"""Sessions: `nox -s matrix` is the main job; `nox -l` lists the others."""

from __future__ import annotations

import os

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "tests"]

PROJECT = nox.project.load_toml("pyproject.toml")


def groups(*names: str) -> list[str]:
    """Return the requirements of dependency groups of pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, *names))


def install(session: nox.Session, *what: str) -> None:
    """Install with bytecode compiled, as pip does and uv does only when told to: the first command is quick, too."""
    session.install(*what, env={"UV_COMPILE_BYTECODE": "1"})


@nox.session
def matrix(session: nox.Session) -> None:
    """Run the matrix: arguments after `--` go to `harness run`."""
    install(session, ".")
    session.run("harness", "run", *session.posargs)


@nox.session
def dashboard(session: nox.Session) -> None:
    """Make the dashboard of the matrix's last run in dist/dashboard; arguments after `--` go to `harness report`."""
    install(session, ".")
    session.run("harness", "report", "--html", "dist/dashboard", *session.posargs)


@nox.session
def doctor(session: nox.Session) -> None:
    """Say why a Django project's test database has no tables: `nox -s doctor -- PATH -- python -m pytest`."""
    install(session, ".")
    # what the project runs with is the caller's, not this session's
    env = {name: os.environ.get(name) for name in ("PATH", "VIRTUAL_ENV")}
    program = os.path.join(session.bin, "python")  # noqa: PTH118  (of nox: no pathlib)
    with session.chdir(session.invoked_from):
        session.run(program, "-m", "harness", "doctor", *session.posargs, env=env, external=True)


@nox.session
def investigation(session: nox.Session) -> None:
    """Run the experiment about the origin story again, and write docs/investigation.md."""
    install(session, ".")
    session.run("python", "-m", "docs.investigation", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests: arguments after `--` go to pytest."""
    session.install("-e", ".", *groups("test"))
    session.run("python", "-m", "pytest", *(session.posargs or ("-n", "2", "--dist", "worksteal")))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style with ruff."""
    session.install(*groups("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy, strictly."""
    session.install("-e", ".", *groups("types"))
    session.run("mypy")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure; arguments after `--` name benchmarks (default: all)."""
    install(session, "-e", ".", *groups("bench", "test"))
    for name in session.posargs or ("matrix", "probe", "plan", "store", "site", "explain", "scale"):
        session.run("python", f"benchmarks/{name}.py")


@nox.session
def images(session: nox.Session) -> None:
    """Build this repository's database images; arguments after `--` go to docker/build.py."""
    install(session, ".")
    session.run("python", "docker/build.py", *session.posargs)
