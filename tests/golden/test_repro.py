"""What reproduces a cell and what is said of it. Accept: `python -m pytest tests/golden --accept`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from harness.analysis.outside.compare import Answer
from harness.analysis.outside.view import Reproduction
from harness.cells.job import Job
from harness.cells.outside import bundle, script
from harness.cells.outside.recipe import Recipe, recipe
from harness.model import codec
from harness.model.cell import Cell
from harness.model.package import Interpreter, Lock, Pin
from harness.model.server import ServerIdentity
from harness.model.spec import CanarySpec, Change, DatabaseSpec, Engine, Injection, ProjectSpec, ProviderName
from harness.model.verdict import Observation, Signature, State
from harness.model.wheel import Wheel, with_wheel
from harness.report import repro_json, repro_text
from harness.report.schemas import Document, kind, schema

Check = Callable[[str, str], None]
DOCKER = Path("docker")
ROOT = Path(__file__).parents[2]
BROKEN = Signature(type="AttributeError", frame="pytest_django/fixtures.py:_django_db_helper", message="type object")
NOISE = "\x1b[31mred\x1b[0m \u202eoverride\nand $(more) `here`"


def made(
    engine: Engine, version: str, provider: ProviderName, source: str, mode: str = "migrations", **canary: object
) -> Recipe:
    """Return the recipe of a cell that failed, of a canary with two aliases."""
    job = Job(
        cell=Cell.parse(f"canary=shop,database=some,django=5.1,mode={mode},pytest-django=4.13,python=3.12"),
        exact=(("django", "5.1.4"), ("pytest-django", "4.13.0"), ("python", "3.12.4")),
        lock=Lock(
            pins=(
                Pin(name="django", version="5.1.4", hashes=("sha256:aa", "sha256:bb")),
                Pin(name="pytest-django", version="4.13.0", hashes=("sha256:cc",)),
            )
        ),
        interpreter=Interpreter(
            path="/opt/python3.12",
            version="3.12.4",
            implementation="CPython",
            build="0123456789abcdef0123",
            platform="linux-x86_64",
            sqlite_version="3.45.1",
        ),
        database=DatabaseSpec(name="some", engine=engine, version=version),
        server=ServerIdentity(provider=provider, source=source, version=version),
        canary=CanarySpec(
            name="shop",
            path=Path("projects/my shop"),
            settings="shop.settings",
            aliases=("default", "analytics"),
            **canary,  # type: ignore[arg-type]
        ),
        canary_hash="feedfacefeedface",
    )
    return recipe(job, said=(f"fail: 3 of 16 failed: {NOISE}", "signature 5c04effc"), docker=ROOT / DOCKER)


WHEEL = Wheel(name="shop", version="1.2.dev3", file="shop-1.2.dev3-py3-none-any.whl", digest="ff")


def installed(found: Recipe) -> Recipe:
    """Return a recipe whose lock has the project's own wheel in it, as that of its record has."""
    return replace(found, job=replace(found.job, lock=with_wheel(found.job.lock, WHEEL)))


RECIPES = {
    "sqlite-file": lambda: made(
        Engine.SQLITE,
        "file",
        ProviderName.SQLITE,
        "interpreter",
        "reuse-db",
        prepare=(("manage.py", "check", "--tag", "it's"),),
        args=("-k", "not slow"),
    ),
    "postgres-embedded": lambda: made(Engine.POSTGRESQL, "17.10 (Debian)", ProviderName.EMBEDDED, "wheel"),
    "postgres-project": lambda: installed(
        made(
            Engine.POSTGRESQL,
            "17.10",
            ProviderName.EMBEDDED,
            "wheel",
            "plain",
            project=ProjectSpec(
                commands=(("python", "-m", "pytest", "-q"), ("sh", "-c", "make lint")),
                env=(("PGHOST", "${HARNESS_DB_HOST}"), ("SECRET_KEY", "it's none")),
                pass_env=("API_TOKEN",),
                inject=Injection.SETTINGS,
                wheels=(("3.12", WHEEL),),
            ),
        )
    ),
    "sqlite-project-editable": lambda: made(
        Engine.SQLITE,
        "file",
        ProviderName.SQLITE,
        "interpreter",
        "plain",
        prepare=(("manage.py", "check"),),
        project=ProjectSpec(
            commands=(("python3", "manage.py", "test"), ("pytest", "--junitxml=unit.xml", "unit")),
            cwd="src",
            junit="out.xml",
            is_editable=True,
            wheels=(("3.12", WHEEL),),
        ),
    ),
    "mariadb-own-image": lambda: made(
        Engine.MARIADB, "10.11.11-MariaDB", ProviderName.DOCKER, "harness/mariadb:10.11", "nomigrations"
    ),
}


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_a_bundle(name: str, is_as_expected: Check) -> None:
    """Every file of it beside the canary; made again, the bytes are the same."""
    texts = bundle.texts(RECIPES[name]())
    assert texts == bundle.texts(RECIPES[name]())
    assert ("compose.yaml" in texts) == (not name.startswith("sqlite"))
    is_as_expected(f"repro-{name}.txt", "".join(f"==== {file}\n{texts[file]}" for file in sorted(texts)))


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_commands_to_paste(name: str, is_as_expected: Check) -> None:
    """A block that leaves the shell it is pasted into alive; a scenario's changes are made with cp and rm."""
    found = RECIPES[name]()
    changes = (Change(overlay=Path("over lay"), remove=("shop/migrations/*",)),) if name.startswith("sqlite") else ()
    if found.server is not None and found.server.own is not None:  # as a path of the checkout
        own = replace(found.server.own, folder=Path("docker/mysql"))
        found = replace(found, server=replace(found.server, own=own))
    canary = script.working_copy(found, "projects/my shop", changes)
    is_as_expected(f"repro-{name}-pasted.txt", script.pasted(found, canary=canary, python="3.12.4"))


SEEN = Observation(state=State.FAIL, reason=f"3 of 16 failed: AttributeError: {NOISE}", signature=BROKEN, failing=3)
FOUND = Reproduction(
    cell="canary=shop,database=postgres-17,django=5.1,mode=migrations,pytest-django=4.13,python=3.12",
    run=7,
    expected=SEEN,
    python="3.12.4",
    provider="embedded",
    image="postgres:17.10",
    notes=("the canary has changed since; this is a copy of what it was",),
    commands="(\nset -eu\n)\n",
    bundle="out",
    came=SEEN,
    answer=Answer.SAME,
    log=".harness/logs/repro-0123456789abcdef.log",
)
OUTCOMES = {
    "same": FOUND,
    "different": replace(
        FOUND,
        bundle="",
        came=Observation(state=State.PASS),
        answer=Answer.DIFFERENT,
        why="the record says fail, it came to pass",
        exit_code=1,
    ),
    "written": replace(FOUND, came=None, answer=None, log=""),
}


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_what_came_of_it(name: str, render, is_as_expected: Check) -> None:
    """Whether the same came back, both sides with their signatures, and where the log is."""
    text = render(repro_text.outcome(OUTCOMES[name]))
    assert not set(text) & {"\x1b", "\u202e"}
    is_as_expected(f"repro-outcome-{name}.txt", text)


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_the_document(name: str, is_as_expected: Check) -> None:
    """What `--json` prints fits its schema and is read back as it was."""
    text = repro_json.document(OUTCOMES[name])
    by_pydantic = TypeAdapter(kind(Document.REPRO)).validate_json(text)
    assert by_pydantic == codec.loads(Reproduction, text) == OUTCOMES[name]
    assert set(json.loads(text)) == set(json.loads(schema(Document.REPRO))["properties"])
    is_as_expected(f"repro-outcome-{name}.json", text + "\n")
