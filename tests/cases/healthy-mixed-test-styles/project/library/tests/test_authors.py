import unittest

import pytest
from django.test import SimpleTestCase, TestCase

from library.models import Author


class Words(unittest.TestCase):
    def test_words(self):
        self.assertEqual("a b".split(), ["a", "b"])


class Names(SimpleTestCase):
    def test_str(self):
        self.assertEqual(Author(name="Lem").name, "Lem")


class Rows(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.author = Author.objects.create(name="Lem")

    def test_row(self):
        self.assertEqual(Author.objects.count(), 1)


def test_dynamic(request):
    request.getfixturevalue("db")
    assert Author.objects.count() == 0


@pytest.fixture
def author(db):
    return Author.objects.create(name="Lem")


def test_fixture(author):
    assert author.pk
