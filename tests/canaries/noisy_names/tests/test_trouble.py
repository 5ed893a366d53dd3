"""Names and messages that would do harm where they are not escaped: in HTML, XML, Markdown and terminals."""

from django.test import TestCase

from notes.models import Note

NOISE = {
    "ansi": "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J",
    "html": "</pre><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\"'",
    "xml": "]]><failure/>",
    "markdown": "| `code` | **bold** [link](javascript:alert(3)) <!-- |\n# heading",
    "nul": "before\x00after",
    "control": "\x08\x0b\x0c\x85\u2028\u202e\ufeff\uffff",
    "workflow": "\n::error file=x::injected",
    "long": "a" * 5_000,
}


class Tests(TestCase):
    def test_a_good_one(self):
        Note.objects.create(title="fine")
        self.assertEqual(1, Note.objects.count())


def passes(self):
    self.assertEqual(0, Note.objects.count())


def fails_with(noise):
    def fails(self):
        self.fail(noise)

    return fails


for kind, noise in NOISE.items():
    # Names with line breaks would break the runners' own protocols before they reach anybody.
    setattr(Tests, "test_%s_%s" % (kind, " ".join(noise.split())[:60]), passes)
    setattr(Tests, "test_%s_message" % kind, fails_with(noise))
