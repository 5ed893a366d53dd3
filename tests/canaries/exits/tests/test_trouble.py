"""One test ends the process with exit status 0, so that all looks well from outside."""

import os

from django.test import TestCase

from notes.models import Note


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())

    def test_b_exits(self):
        os._exit(0)

    def test_c_never_reached(self):
        self.fail("never reached")
