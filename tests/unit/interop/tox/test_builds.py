"""Which packages have to be built."""

from __future__ import annotations

import pytest

from harness.interop.tox.axes import Placed
from harness.interop.tox.builds import brought_along, built_for, to_be_built
from harness.interop.tox.suites import Suite
from harness.model.package import Release
from harness.model.spec import Engine, Injection

WHEELS = {
    "pure": ("py2.py3-none-any",),
    "stable": ("cp38-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp38-abi3-any", "py3-none-any"),
    "old": ("cp36-cp36m-manylinux1_x86_64",),
    "none": (),
}


def releases(name):
    """Return one release with its wheels."""
    return [Release(name=name, version="1.0", wheel_tags=WHEELS[name], has_sdist=True)]


@pytest.fixture
def placed(files):
    """Return a project with what its suite asks for."""
    tree = files(
        **{
            "requirements.txt": "stable\nold\n",
            "pyproject.toml": """
                [build-system]
                requires = []
                [project]
                name = "shop"
                version = "1"
                dependencies = ["pure"]
                [project.optional-dependencies]
                test = ["none; python_version >= '3.8'"]
                other = ["nowhere"]
            """,
        }
    )
    suite = Suite(
        name="py312",
        python="3.12",
        requirements=(),
        lines=("-r requirements.txt",),
        itself=(".[test]",),
        commands=(),
        cwd=".",
        env=(),
        pass_env=(),
        settings="",
        engine=Engine.SQLITE,
        inject=Injection.NONE,
    )
    return tree, Placed(suite=suite, values=(), drivers=(), requires=())


def test_what_has_no_wheel_for_its_python_is_built(placed):
    """Of requirement files, extras and the project's own dependencies; what nobody asks for is not looked up."""
    tree, one = placed
    assert to_be_built([one], tree, releases) == ("none", "old")


def test_what_is_brought_along_is_found_by_asking_a_resolver(placed):
    """Again and again, until it says of nothing new that it has no wheel; its words are uv's."""
    tree, one = placed
    asked = []

    def resolve(requirements, python, built):
        asked.append((requirements, python, built))
        if "deep" not in built:
            return "  cause: Because deep==0.3 has no usable wheels and old==1.0 depends on deep==0.3, we can conclude"
        return (
            "hint: Wheels are required for `deeper` because building from source is disabled" if len(asked) < 4 else ""
        )

    assert brought_along([one], tree, ("old",), resolve) == ("deep", "deeper", "old")
    assert asked[0] == (('none; python_version >= "3.8"', "old", "pure", "stable"), "3.12", ("old",))
    assert len(asked) == 3


def test_packages_found_for_one_python_are_known_for_the_next():
    """A question without an answer adds nothing."""
    asked = []

    def resolve(requirements, python, built):
        asked.append((python, built))
        return "" if "promise" in built else "Because promise==2.3 has no usable wheels and so on"

    questions = [(("graphene",), python) for python in ("3.11", "3.12")]
    assert built_for(questions, {"old"}, resolve) == ("old", "promise")
    assert asked == [("3.11", ("old",)), ("3.11", ("old", "promise")), ("3.12", ("old", "promise"))]
