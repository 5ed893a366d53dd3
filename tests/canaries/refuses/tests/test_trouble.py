"""All is well where a connection can be made."""

from django.test import TestCase

from notes.models import Note


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())
