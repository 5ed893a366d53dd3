from django.test import TestCase

from notes.models import Note
from tests.hostile import NOISE, secrets


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())

    def test_secrets(self):
        print(secrets())
        self.fail(secrets())


def passes(self):
    self.assertEqual(0, Note.objects.count())


def fails_with(noise):
    def fails(self):
        print(noise.encode("utf-8", "replace").decode())
        raise ValueError(noise)

    return fails


for kind, noise in NOISE.items():
    # Names with line breaks, or that cannot be encoded, would break the runners' own protocols before they reach anybody.
    name = " ".join(noise.encode("utf-8", "replace").decode().split())[:100]
    setattr(Tests, "test_%s_%s" % (kind, name), passes)
    setattr(Tests, "test_%s_message" % kind, fails_with(noise))
