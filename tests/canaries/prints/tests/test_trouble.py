"""One test writes 100 MB: half to stdout, half to stderr. It passes."""

import os

from django.test import TestCase

from notes.models import Note

LINE = b"x" * 99 + b"\n"
HALF_BYTES = 50_000_000


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())

    def test_b_prints(self):
        block = LINE * 10_000
        for _ in range(HALF_BYTES // len(block)):
            for descriptor in (1, 2):
                rest = memoryview(block)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
