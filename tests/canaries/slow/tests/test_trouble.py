"""Ten tests of 0.3 s each."""

import time

from django.test import TestCase

from notes.models import Note


class Tests(TestCase):
    pass


def takes_its_time(self):
    Note.objects.create(title="slow")
    time.sleep(0.3)


for number in range(10):
    setattr(Tests, "test_%d" % number, takes_its_time)
