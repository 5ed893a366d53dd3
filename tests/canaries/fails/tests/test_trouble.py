"""One assertion fails, with a message that is another one each time."""

import time

from django.test import TestCase

from notes.models import Note


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())

    def test_b_fails(self):
        Note.objects.create(title="fine")
        self.assertEqual(time.time_ns(), Note.objects.count())
