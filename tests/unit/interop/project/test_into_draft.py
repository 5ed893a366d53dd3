"""A project, read, as a draft."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from harness.interop.draft import Draft
from harness.interop.project.how_tested import HowTested, Runner
from harness.interop.project.into_draft import Basis, Told, draft
from harness.interop.project.metadata import Metadata
from harness.interop.project.question import take_default

SETTINGS = {"site/manage.py": "", "site/shop/settings.py": "SECRET_KEY = 'x'\n"}


def drafted(tree, files: dict[str, str]) -> Draft:
    """Return the draft of a project whose settings lie below `site`."""
    run = HowTested(runner=Runner.PYTEST, line="", because="")
    told = Told(settings="shop.settings", settings_because="", roots=("", "site"), manage="site/manage.py", cwd="")
    return draft(
        tree(SETTINGS | files),
        Basis(metadata=Metadata(), requirement_files=(), how_tested=run),
        told,
        path=Path(),
        name="shop",
        releases=lambda: (),
        unbuilt=lambda requirements, pythons: frozenset({"promise"}),
        today=dt.date(2026, 11, 22),
        ask=take_default,
    )


def test_settings_below_the_top_are_found(tree) -> None:
    """By the folder that the command is run in, with pytest-django's own way to it, or by PYTHONPATH; and why."""
    beside = drafted(tree, {"site/tests/test_a.py": ""})
    project = beside.canaries[0].project
    assert project is not None
    assert (project.cwd, project.env, project.commands) == ("site", (), (("pytest",),))
    assert ("canary.shop.cwd", "site/shop/settings.py is imported from there") in beside.because
    apart = drafted(tree, {"tests/test_a.py": ""})
    project = apart.canaries[0].project
    assert project is not None
    assert (project.cwd, project.env, project.commands) == (".", (("PYTHONPATH", "site"),), (("pytest",),))
    assert ("canary.shop.env", "site/shop/settings.py is imported from site") in apart.because


def test_what_has_to_be_built_is_allowed(tree) -> None:
    """As whoever knows the index says."""
    assert drafted(tree, {}).allow_build == ("promise",)
