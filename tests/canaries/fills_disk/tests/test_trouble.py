"""One test writes files into its folder: FILL_BYTES, or 64 MB, in pieces of 1 MB, 100 a second at most. It passes."""

import os
import time
from pathlib import Path

from django.conf import settings
from django.test import TestCase

from notes.models import Note

PIECE = os.urandom(1_000_000)


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())

    def test_b_fills(self):
        folder = Path(settings.BASE_DIR) / "filled"
        folder.mkdir(exist_ok=True)
        for number in range(int(os.environ.get("FILL_BYTES", 64_000_000)) // len(PIECE)):
            (folder / ("piece-%04d" % number)).write_bytes(PIECE)
            time.sleep(0.01)
