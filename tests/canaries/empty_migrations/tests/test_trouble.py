"""The app has a package of migrations with none in it, so that its table is made by nobody."""

from django.test import TestCase

from notes.models import Note


class Tests(TestCase):
    def test_without_the_table(self):
        self.assertEqual("notes_note", Note._meta.db_table)

    def test_with_the_table(self):
        Note.objects.create(title="no such table")
