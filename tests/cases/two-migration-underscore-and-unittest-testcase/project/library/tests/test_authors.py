import unittest

from library.models import Author


class AuthorTests(unittest.TestCase):
    def test_name(self):
        self.assertEqual(Author.objects.create(name="Lem").name, "Lem")
