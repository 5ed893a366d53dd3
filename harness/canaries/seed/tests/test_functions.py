"""The functions of check_pytest_style.py for Django's own runner, which knows no functions: same code, same ids.

So that a control can run the very tests that failed under pytest. pytest itself collects nothing here.
"""

import inspect

from django.test import TestCase, TransactionTestCase

from tests import check_pytest_style

DATABASE_FIXTURES = {"db", "transactional_db"}


def load_tests(loader, tests, pattern):
    for name, function in vars(check_pytest_style).items():
        if name.startswith("test_") and _needs_nothing_else(function) and _wants_database(function):
            tests.addTest(_as_test_case(name, function))
    return tests


def _arguments(function):
    return set(inspect.signature(function).parameters)


def _needs_nothing_else(function):
    return _arguments(function) <= DATABASE_FIXTURES


def _mark(function):
    marks = [mark for mark in getattr(function, "pytestmark", []) if mark.name == "django_db"]
    return marks[0].kwargs if marks else {}


def _wants_database(function):
    return bool(_arguments(function) or getattr(function, "pytestmark", []))


def _as_test_case(name, function):
    is_transactional = _mark(function).get("transaction") or "transactional_db" in _arguments(function)

    class Function(TransactionTestCase if is_transactional else TestCase):
        databases = set(_mark(function).get("databases", ["default"]))

        def runTest(self):
            function(**dict.fromkeys(_arguments(function)))

        def id(self):
            return f"tests/check_pytest_style.py::{name}"

    Function.__name__ = Function.__qualname__ = name
    Function.__module__ = "tests.check_pytest_style functions"  # no module: an id of its own is asked for
    return Function()
