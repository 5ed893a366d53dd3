"""Plants a test file whose name is hostile, too: it need not lie in anybody's version control."""

from pathlib import Path

NAME = "test_<img src=x onerror=alert(4)>[l](javascript:1)&']]>\u202e.py"

Path(__file__).with_name("tests").joinpath(NAME).write_text(
    "import pytest\n\n\ndef test_of_a_hostile_file():\n    raise RuntimeError('in a file with a hostile name')\n",
    encoding="utf-8",
)
