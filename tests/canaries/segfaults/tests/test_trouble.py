"""One test takes the interpreter down."""

import ctypes

from django.test import TestCase

from notes.models import Note


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())

    def test_b_reads_address_zero(self):
        ctypes.string_at(0)

    def test_c_never_reached(self):
        Note.objects.create(title="fine")
