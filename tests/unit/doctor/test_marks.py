"""Where a test says which databases it uses is found, and edited in place."""

from __future__ import annotations

import ast

import pytest

from harness.doctor import marks, pytest_config
from harness.doctor.case import Case, Chooser, Chosen, Command, Kind
from harness.doctor.trouble import Trouble

FUNCTION = "import pytest\n\n\n@pytest.mark.django_db\ndef test_it():\n    pass\n"
MODULE = (
    "import pytest\n\npytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]\n\n\n"
    "def test_it():\n    pass\n"
)
CLASS = "from django.test import TestCase\n\n\nclass Tests(TestCase):\n    def test_it(self):\n        pass\n"
BARE = "def test_it(db):\n    pass\n"


@pytest.fixture
def changed(project):
    """Give the test of a file some words; return its text afterwards, and the line of what was found."""

    def change(text: str, words: dict[str, str]) -> tuple[str, int]:
        tree = project({"test_x.py": text})
        owner = "Tests::" if "class Tests" in text else ""
        case = Case(
            tree=tree,
            command=Command(kind=Kind.PYTEST, words=("pytest",), args=()),
            environ={},
            pytest=pytest_config.find(tree, (), {}),
            chosen=Chosen(module="", by=Chooser.NOBODY),
            declared=(),
            manage="",
            roots=("",),
        )
        trouble = Trouble(
            id=f"test_x.py::{owner}test_it", phase="call", type="X", message="", words="", frames=(), stack=()
        )
        site = marks.site_of(case, trouble)
        assert site is not None
        (done,) = marks.changed(case, [(site, words), (site, words)])
        assert done.after is not None
        return done.after, site.line

    return change


@pytest.mark.parametrize(
    ("text", "line", "new"),
    [
        (FUNCTION, 4, '@pytest.mark.django_db(databases=["default", "b"])\ndef test_it'),
        (MODULE, 3, 'django_db(transaction=True, databases=["default", "b"])]'),
        (CLASS, 4, 'class Tests(TestCase):\n    databases = {"default", "b"}\n'),
        (BARE, 1, '@pytest.mark.django_db(databases=["default", "b"])\ndef test_it(db)'),
    ],
)
def test_aliases_are_listed(changed, text, line, new):
    """By the mark that counts, once; a class gets an attribute, a bare function a mark."""
    after, found = changed(text, {"databases": marks.listed(["default", "b", "default"])})
    assert new in after
    assert found == line


def test_a_test_case_that_commits_is_another_class(changed):
    """Django's TransactionTestCase takes TestCase's place."""
    after, _ = changed(CLASS, {"transaction": "True"})
    assert "class Tests(TransactionTestCase):" in after
    assert "from django.test import TransactionTestCase" in after


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("", ("default",)),
        ('    databases = {"default", "other"}\n', ("default", "other")),
        ("    databases = BOTH\n", None),
        ('    databases = "__all__"\n', None),
        ("    databases = {*BOTH}\n", None),
    ],
    ids=["not said", "literal", "name", "all", "unpacked"],
)
def test_only_a_literal_list_of_databases_is_known(text: str, known: tuple[str, ...] | None) -> None:
    """What a class takes from elsewhere is not guessed: nobody may be told to list what is listed already."""
    (node,) = ast.parse(f"class Tests(TestCase):\n{text}    x = 1\n").body
    assert isinstance(node, ast.ClassDef)
    found = marks.databases(marks.Site(path="test_x.py", line=1, node=node))
    assert found == known
