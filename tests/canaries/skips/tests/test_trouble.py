"""One test is skipped, and no [canary.*] table says so."""

from unittest import skip

from django.test import TestCase

from notes.models import Note


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())

    @skip("for no reason that was declared")
    def test_b_is_skipped(self):
        self.fail("never reached")
