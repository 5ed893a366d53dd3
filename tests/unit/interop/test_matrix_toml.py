"""A draft as a file: it loads as what it was, and says where it comes from."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import config
from harness.interop.draft import Draft, DraftAxis
from harness.interop.matrix_toml import written
from harness.model.condition import Condition
from harness.model.spec import (
    CanarySpec,
    DatabaseSpec,
    Engine,
    Injection,
    MatrixSpec,
    ProjectSpec,
    ProviderName,
    Rule,
    Strength,
)

AXES = (
    DraftAxis(name="python", values=("3.12", "3.13"), because="classifiers"),
    DraftAxis(name="django", values=("5.2", "==6.0.1")),
    DraftAxis(name="database", values=("sqlite-memory", "postgres-17")),
    DraftAxis(name="canary", values=("shop",)),
    DraftAxis(name="mode", values=("plain",)),
)
POSTGRES = DatabaseSpec(
    name="postgres-17",
    engine=Engine.POSTGRESQL,
    version="17",
    providers=(ProviderName.EMBEDDED, ProviderName.URL),
    images=("postgres:17",),
    url_env="PG_URL",
    driver=("psycopg2-binary",),
)
PROJECT = ProjectSpec(
    install=(".[test]", "-r requirements.txt"),
    commands=(("pytest", "-k", "a or b"), ("python", "manage.py", "test")),
    cwd="src",
    env=(("A", "${HARNESS_DB_HOST}"), ("B", "x" * 150)),
    pass_env=("TOKEN",),
    inject=Injection.SETTINGS,
    junit="report.xml",
)
SHOP = CanarySpec(
    name="shop",
    path=Path(),
    settings="shop.settings",
    requires=("pytest", "pytest-django"),
    databases=("postgres-*",),
    aliases=("default", "log"),
    args=("-x",),
    prepare=(("manage.py", "check"),),
    allow_skips=True,
    project=PROJECT,
)
DRAFT = Draft(
    axes=AXES,
    databases=(POSTGRES,),
    canaries=(SHOP,),
    excludes=(
        Rule(when=Condition(terms=(("django", ("5.2",)), ("python", ("3.12", "3.13")))), reason="why", issue="#1"),
        Rule(when=Condition(terms=(("django", ("==6.0.1",)),)), reason="so", until=dt.date(2099, 1, 1)),
    ),
    strength=Strength.FULL,
    allow_build=("psycopg2",),
    test_s=1800,
    because=(
        ("canary.shop.command", "pytest.ini"),
        ("canary.shop.env", "settings.py"),
        ("database.postgres-17.version", "x " * 80),
    ),
    left=("one thing\nin two lines", "another\x1b[31m"),
)


def load(text: str, folder: Path) -> MatrixSpec:
    """Return what a file with this text says."""
    (folder / "src").mkdir(exist_ok=True)
    path = folder / "matrix.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, today=dt.date(2026, 11, 22))


def test_a_draft_loads_as_what_it_was(tmp_path: Path) -> None:
    """Every key of it."""
    spec = load(written(DRAFT), tmp_path)
    assert [(axis.name, axis.values) for axis in spec.axes] == [(axis.name, axis.values) for axis in AXES]
    assert spec.database("postgres-17") == POSTGRES
    shop = spec.canary("shop")
    assert shop.path == tmp_path.resolve()
    assert shop.project == PROJECT
    for key in ("settings", "requires", "databases", "aliases", "args", "prepare", "allow_skips"):
        assert getattr(shop, key) == getattr(SHOP, key)
    assert spec.excludes == DRAFT.excludes
    assert [profile.strength for profile in spec.profiles] == [Strength.FULL]
    assert (spec.run.allow_build, spec.run.timeouts.test_s) == (("psycopg2",), 1800)


def test_it_says_where_it_comes_from() -> None:
    """Behind the line where there is room, else above it; what is to be looked at stands at the top."""
    lines = written(DRAFT).splitlines()
    assert lines[1:3] == ["# To look at: one thing in two lines", "# To look at: another[31m"]
    assert 'python = ["3.12", "3.13"] # classifiers' in lines
    at = lines.index('version = "17"')
    assert lines[at - 1] == "# " + "x " * 79 + "x"
    assert 'command = ["pytest -k \'a or b\'", "python manage.py test"] # pytest.ini' in lines
    assert "[canary.shop.env] # settings.py" in lines


def test_defaults_are_not_written() -> None:
    """What everybody has is not worth a line."""
    plain = CanarySpec(
        name="a.b", path=Path("../x"), settings="", allow_skips=True, project=ProjectSpec(commands=(("pytest",),))
    )
    text = written(Draft(axes=AXES[:1], canaries=(plain,)))
    assert tomllib.loads(text)["canary"] == {"a.b": {"path": "../x", "command": ["pytest"]}}
    assert "profile" not in text
    strict = CanarySpec(name="s", path=Path("x"), settings="", project=ProjectSpec(commands=(("pytest",),)))
    assert "allow_skips = false" in written(Draft(axes=AXES[:1], canaries=(strict,)))


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    env=st.dictionaries(st.from_regex(r"[A-GI-Z][A-Z]{0,5}", fullmatch=True), words, max_size=4), text=words, left=words
)
def test_no_text_breaks_the_file(tmp_path: Path, env: dict[str, str], text: str, left: str) -> None:
    """Values come back as they were, whatever is in them and in comments."""
    project = ProjectSpec(commands=(("pytest", text or "x"),), env=tuple(sorted(env.items())))
    shop = CanarySpec(name="shop", path=Path(), settings="", allow_skips=True, project=project)
    draft = Draft(
        axes=AXES, databases=(POSTGRES,), canaries=(shop,), because=(("canary.shop.env", left),), left=(left,)
    )
    plain = tomllib.loads(written(draft))["canary"]["shop"]
    assert plain.get("env", {}) == env
    assert load(written(draft), tmp_path).canary("shop").project.commands == project.commands


@pytest.mark.parametrize("strength", Strength)
def test_every_strength_is_written(strength: Strength, tmp_path: Path) -> None:
    """As the file has it."""
    spec = load(written(Draft(axes=AXES, databases=(POSTGRES,), canaries=(SHOP,), strength=strength)), tmp_path)
    assert [profile.strength for profile in spec.profiles] == [strength]
