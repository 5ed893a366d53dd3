"""One test fails the first time, and passes as long as the file that it then leaves is there.

The file is the one that HARNESS_FLAKY_FILE names; without it, ``flaky-seen`` in the project's folder.
"""

import os
from pathlib import Path

from django.conf import settings
from django.test import TestCase

from notes.models import Note


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())

    def test_b_fails_once(self):
        seen = Path(os.environ.get("HARNESS_FLAKY_FILE") or Path(settings.BASE_DIR) / "flaky-seen")
        if not seen.exists():
            seen.touch()
            self.fail("the first time")
