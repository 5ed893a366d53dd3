from asgiref.sync import sync_to_async
from django.db import IntegrityError, transaction
from django.test import TestCase, TransactionTestCase

from notes.models import Note


class RollbackTests(TestCase):
    """Each of the two would find the other's row, were it not rolled back."""

    def test_first(self):
        self.assertEqual(0, Note.objects.count())
        Note.objects.create(title="the same")

    def test_second(self):
        self.assertEqual(0, Note.objects.count())
        Note.objects.create(title="the same")


class NoteTests(TestCase):
    def test_the_page_lists_notes(self):
        Note.objects.create(title="b")
        Note.objects.create(title="a")
        self.assertEqual(b"a\nb", self.client.get("/").content)

    def test_a_title_is_unique(self):
        Note.objects.create(title="once")
        with self.assertRaises(IntegrityError), transaction.atomic():
            Note.objects.create(title="once")

    async def test_async(self):
        await sync_to_async(Note.objects.create)(title="async")
        self.assertEqual(1, await sync_to_async(Note.objects.count)())


class FlushTests(TransactionTestCase):
    """Each of the two would find the other's committed row, were it not flushed."""

    def test_first(self):
        self.assertEqual(0, Note.objects.count())
        Note.objects.create(title="the same")

    def test_second(self):
        self.assertEqual(0, Note.objects.count())
        Note.objects.create(title="the same")
