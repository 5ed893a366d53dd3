from django.test import TestCase

from library.models import Author


class AuthorTests(TestCase):
    def test_name(self):
        self.assertEqual(Author.objects.create(name="Lem").name, "Lem")
