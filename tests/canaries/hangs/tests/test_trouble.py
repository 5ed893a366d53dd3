"""One test never ends by itself in the time it is given."""

import time

from django.test import TestCase

from notes.models import Note


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())

    def test_b_hangs(self):
        print("about to hang", flush=True)
        time.sleep(600)

    def test_c_never_reached(self):
        Note.objects.create(title="fine")
