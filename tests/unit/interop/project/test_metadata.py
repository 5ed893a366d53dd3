"""What a project says of itself, in each of the files in which it may."""

from __future__ import annotations

from harness.interop.project import metadata
from harness.interop.project.files import broken
from harness.interop.project.metadata import Kind


def test_pyproject_says_it_all(tree) -> None:
    """Extras and groups are told apart; a group has what it includes."""
    found = metadata.read(
        tree(
            {
                "pyproject.toml": """
                [build-system]
                requires = ["hatchling"]
                [project]
                name = "shop"
                requires-python = ">=3.11"
                dependencies = ["django>=5"]
                classifiers = ["Framework :: Django :: 5.2"]
                [project.optional-dependencies]
                redis = ["redis"]
                [dependency-groups]
                Base = ["pytest"]
                test = [{ include-group = "base" }, { include-group = "test" }, "pytest-django"]
                """
            }
        )
    )
    assert (found.name, found.is_package, found.requires_python) == ("shop", True, ">=3.11")
    assert (found.dependencies, found.classifiers) == (("django>=5",), ("Framework :: Django :: 5.2",))
    assert [(item.name, item.kind, item.requirements) for item in found.bundles] == [
        ("redis", Kind.EXTRA, ("redis",)),
        ("Base", Kind.GROUP, ("pytest",)),
        ("test", Kind.GROUP, ("pytest", "pytest-django")),
    ]


def test_a_project_without_a_backend_is_no_package(tree) -> None:
    """Nor is one whose tool says that it is none."""
    assert not metadata.read(tree({"pyproject.toml": '[project]\nname = "site"'})).is_package
    poetry = '[build-system]\n[tool.poetry]\nname = "site"\npackage-mode = false'
    assert not metadata.read(tree({"pyproject.toml": poetry})).is_package
    uv = '[build-system]\n[project]\nname = "site"\n[tool.uv]\npackage = false'
    assert not metadata.read(tree({"pyproject.toml": uv})).is_package


def test_poetry_is_understood(tree) -> None:
    """Its groups are no extras: nothing but Poetry installs them."""
    found = metadata.read(
        tree(
            {
                "pyproject.toml": """
                [build-system]
                [tool.poetry]
                name = "shop"
                [tool.poetry.dependencies]
                python = "^3.12"
                django = "^5.2"
                [tool.poetry.group.test.dependencies]
                pytest = "*"
                """
            }
        )
    )
    assert (found.name, found.is_package, found.requires_python) == ("shop", True, "<4,>=3.12")
    assert found.dependencies == ("django<6,>=5.2",)
    assert [(item.name, item.kind, item.requirements) for item in found.bundles] == [("test", Kind.LISTED, ("pytest",))]


def test_setup_cfg_is_read(tree) -> None:
    """As setuptools reads it."""
    text = """
    [metadata]
    name = shop
    classifiers =
        Framework :: Django :: 5.2
    [options]
    python_requires = >=3.9
    install_requires =
        django>=4.2
        # a comment
        sqlparse
    [options.extras_require]
    test =
        pytest
    """
    found = metadata.read(tree({"setup.cfg": text, "setup.py": "from setuptools import setup\nsetup()"}))
    assert (found.name, found.is_package, found.dependencies) == ("shop", True, ("django>=4.2", "sqlparse"))
    assert found.source("requires_python") == "setup.cfg"
    assert [(item.name, item.requirements) for item in found.bundles] == [("test", ("pytest",))]


def test_setup_py_is_read_and_not_run(tree) -> None:
    """Names, sums and dictionaries of the module are followed; what is computed stays unknown."""
    text = """
    import setuptools
    raise SystemExit("never run")
    BASE = ["django>=4.2"]
    EXTRAS = {"test": ["pytest"] + BASE, "docs": read_docs()}
    setuptools.setup(
        name="shop",
        version=open("VERSION").read(),
        install_requires=BASE + ["sqlparse"],
        extras_require=EXTRAS,
        python_requires=">=3.9",
        classifiers=[c for c in CLASSIFIERS],
    )
    CLASSIFIERS = "Framework :: Django :: 5.2", "Framework :: Django :: 6.0"
    """
    found = metadata.read(tree({"setup.py": text}))
    assert (found.name, found.is_package, found.requires_python) == ("shop", True, ">=3.9")
    assert found.dependencies == ("django>=4.2", "sqlparse")
    assert found.classifiers == ("Framework :: Django :: 5.2", "Framework :: Django :: 6.0")
    assert [(item.name, item.requirements) for item in found.bundles] == [
        ("test", ("pytest", "django>=4.2")),
        ("docs", ()),
    ]


def test_a_pipfile_is_read(tree) -> None:
    """Its packages are a project's dependencies."""
    text = '[packages]\ndjango = "*"\n[dev-packages]\npytest = "==8.3"\n[requires]\npython_version = "3.12"'
    found = metadata.read(tree({"Pipfile": text}))
    assert (found.dependencies, found.requires_python, found.is_package) == (("django",), "==3.12.*", False)
    assert [(item.name, item.requirements) for item in found.bundles] == [("dev", ("pytest==8.3",))]


def test_what_is_broken_is_said_and_passed_over(tree) -> None:
    """A file that cannot be read says nothing, and the user is told of it."""
    files = tree(
        {
            "pyproject.toml": "[project",
            "setup.cfg": "no section\n",
            "setup.py": "def (",
            "tox.ini": "[testenv]\ndeps = x\n",
        }
    )
    found = metadata.read(files)
    assert (found.name, found.is_package, found.bundles) == ("", False, ())
    assert [line.partition(" ")[0] for line in broken(files)] == ["pyproject.toml", "setup.cfg", "setup.py"]


def test_tables_of_odd_types_are_passed_over(tree) -> None:
    """TOML that is well formed and means nothing."""
    text = 'project = 3\ntool = "x"\n[dependency-groups]\ntest = "pytest"\nmore = [1, { include-group = 2 }]\n'
    found = metadata.read(tree({"pyproject.toml": text}))
    assert [(item.name, item.requirements) for item in found.bundles] == [("test", ()), ("more", ())]
