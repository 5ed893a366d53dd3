"""What is installed so that the tests can run."""

from __future__ import annotations

from typing import Any

import pytest

from harness.interop.project import install, requirement_files
from harness.interop.project.how_tested import Runner
from harness.interop.project.install import Install
from harness.interop.project.metadata import Bundle, Kind, Metadata


@pytest.fixture
def decide(tree):
    """Returns a function from a project's own words and requirement files to what is installed."""

    def decided(*bundles: Bundle, files: dict[str, str] | None = None, addopts: str = "", **said: Any) -> Install:
        known = requirement_files.find(tree(files or {}))
        more = {name: said.pop(name) for name in ("told",) if name in said}
        is_pytest_django = said.pop("is_pytest_django", False)
        runner = said.pop("runner", Runner.MANAGE)
        metadata = Metadata(**({"is_package": True} | said), bundles=bundles)
        return install.decide(metadata, known, runner, addopts.split(), is_pytest_django=is_pytest_django, **more)

    return decided


def bundle(name: str, *requirements: str, kind: Kind = Kind.EXTRA) -> Bundle:
    """Return requirements under a name."""
    return Bundle(name=name, kind=kind, requirements=requirements, path="pyproject.toml")


def test_a_package_with_an_extra_for_tests(decide) -> None:
    """What is named after tests comes before what a developer needs, an extra before a group of that name."""
    dev, extra = bundle("dev", "pytest"), bundle("testing", "pytest")
    assert decide(dev, bundle("docs", "sphinx"), extra).install == (".[testing]",)
    assert decide(bundle("test", "pytest", kind=Kind.GROUP), extra).install == (".[testing]",)
    assert decide(dev, bundle("test", "pytest", kind=Kind.GROUP)).install == (".", "--group test")
    assert decide(dev, bundle("docs", "sphinx")).install == (".[dev]",)
    assert decide(bundle("dev", "ruff"), bundle("latest", "x")).install == (".",)


def test_a_package_with_a_requirement_file(decide) -> None:
    """One named after tests beats a developer's extra; one that pins Django is not taken where it includes another."""
    files = {"requirements/test.txt": "pytest\n", "requirements/docs.txt": "sphinx\n"}
    assert decide(bundle("dev", "pytest"), files=files).install == (".", "-r requirements/test.txt")
    assert decide(bundle("test", "pytest"), files=files).install == (".[test]",)
    pinned = {"requirements/common.txt": "pytest\n", "requirements/dev.txt": "-r common.txt\nDjango==5.2.1\n"}
    assert decide(files=pinned).install == (".", "-r requirements/common.txt")


def test_a_project_is_installed_from_its_files(decide) -> None:
    """The one for tests, and the base where it is not included; production's is left."""
    files = {
        "requirements/base.txt": "django\n",
        "requirements/test.txt": "pytest\n",
        "requirements/production.txt": "gunicorn\n",
    }
    assert decide(files=files, is_package=False).install == ("-r requirements/base.txt", "-r requirements/test.txt")
    files |= {"requirements/test.txt": "-r base.txt\npytest\n"}
    assert decide(files=files, is_package=False).install == ("-r requirements/test.txt",)
    assert decide(files={"requirements.txt": "django\n"}, is_package=False).install == ("-r requirements.txt",)
    two = {"requirements.txt": "django\n", "requirements-dev.txt": "-r requirements.txt\npytest\n"}
    assert decide(files=two, is_package=False).install == ("-r requirements-dev.txt",)


def test_what_no_installer_reads_is_written_out(decide) -> None:
    """Poetry's groups, without what has nothing to do with tests; dependencies of what cannot be built."""
    listed = bundle("dev", "pytest", "ruff>=1", "black", "factory-boy", kind=Kind.LISTED)
    found = decide(listed, is_package=False, dependencies=("django>=5", "redis"))
    assert (found.install, found.requires) == ((), ("django>=5", "redis", "pytest", "factory-boy"))
    assert decide(listed).requires == ("pytest", "factory-boy")


def test_what_the_command_needs_and_nothing_names(decide) -> None:
    """pytest; its plugin where settings are named in its configuration, and those that its options belong to."""
    found = decide(runner=Runner.PYTEST, addopts="--reuse-db --cov=shop -n auto", files={})
    assert found.requires == ("pytest", "pytest-django", "pytest-cov", "pytest-xdist")
    assert decide(runner=Runner.PYTEST, is_pytest_django=True).requires == ("pytest", "pytest-django")
    assert decide(bundle("test", "pytest-django"), runner=Runner.PYTEST, is_pytest_django=True).requires == ()
    assert decide(runner=Runner.MANAGE).requires == ()


def test_what_tox_tells_is_added(decide) -> None:
    """But Django, whose releases are an axis, and what is asked for already."""
    found = decide(bundle("test", "pytest"), told=("Django>=4", "pytest", "time-machine==2", "ruff"))
    assert found.requires == ("time-machine==2",)


def test_what_is_on_no_index_is_taken_from_it_anyway(decide) -> None:
    """The file is written out without it, and that is said."""
    found = decide(files={"requirements-test.txt": "pytest\ngit+https://example.org/x/fork.git\nhttps://e.org/a.zip\n"})
    assert (found.install, found.requires) == ((".",), ("pytest", "fork"))
    assert ["fork was taken from the index" in found.left[0], "left out" in found.left[1]] == [True, True]


def test_missing_files_are_said(decide) -> None:
    """They are what will not work; hashes are no trouble."""
    files = {"requirements.txt": "django==5.2 --hash=sha256:aa\n-r gone.txt\n"}
    (line,) = decide(files=files, is_package=False).left
    assert line == "requirements.txt includes gone.txt, which is not there"
