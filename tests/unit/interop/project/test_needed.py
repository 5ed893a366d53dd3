"""The variables without which settings cannot be imported."""

from __future__ import annotations

from harness.interop.project import needed
from harness.interop.project.question import Question, take_default
from harness.interop.project.settings_chain import chain

SETTINGS = """
SECRET_KEY = os.environ["SECRET_KEY"]
TOKEN = os.environ["API_TOKEN"]
PRICE = os.environ["PRICE_LIST"]
HOST = os.environ["DB_HOST"]
"""


def find(files, ask=take_default, given=("DB_HOST",)):
    return needed.find(files, chain(files, "settings", ("",)), given, ask)


def test_values_come_from_examples_or_are_invented(tree) -> None:
    """A secret may be anything; what no file tells is the user's own, and said to be."""
    found = find(tree({"settings.py": SETTINGS, ".env.example": "API_TOKEN=abc\n"}))
    assert found.env == (("SECRET_KEY", needed.INVENTED), ("API_TOKEN", "abc"))
    assert found.pass_env == ("PRICE_LIST",)
    assert "settings.py:4 reads PRICE_LIST" in found.left[0]


def test_a_person_is_asked_for_the_rest(tree) -> None:
    """Once for each; nothing is the same as not knowing. A dollar is one, whatever follows it."""
    asked: list[Question] = []

    def ask(question: Question) -> str:
        asked.append(question)
        return "5 $" if "PRICE_LIST" in question.text else ""

    found = find(tree({"settings.py": SETTINGS}), ask)
    assert dict(found.env)["PRICE_LIST"] == "5 $$"
    assert found.pass_env == ("API_TOKEN",)
    assert len(asked) == 2


def test_what_a_file_or_a_plugin_gives_is_not_needed(tree) -> None:
    """A .env that the settings read, and pytest-env's."""
    reads = "environ.Env.read_env()\n" + SETTINGS
    found = find(tree({"settings.py": reads, ".env": "API_TOKEN=1\nexport PRICE_LIST=2\nSECRET_KEY=3\n"}))
    assert (found.env, found.pass_env) == ((), ())
    ini = "[pytest]\nenv =\n    API_TOKEN=1\n    D:PRICE_LIST=2\n"
    assert find(tree({"settings.py": SETTINGS, "pytest.ini": ini})).pass_env == ()
    assert find(tree({"settings.py": SETTINGS, ".env": "API_TOKEN=1\n"})).pass_env == ("API_TOKEN", "PRICE_LIST")
