"""Secrets are taken out of what a cell said, words are left alone."""

from __future__ import annotations

import pytest

from harness.analysis.masking import MASK, masked, secrets_of
from harness.model.evidence import Evidence, Failure, Level, Outcome, ProcessEvidence, TestResult

TOKEN = "ghp_0123456789"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_TOKEN", TOKEN),
        ("MY_SECRET", "p4ssw0rd!"),
        ("PGPASSWORD", "hunter2hunter2"),
        ("MYSQL_PWD", "hunter2-hunter2"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG"),
        ("npm_config__auth", "aGFybmVzczpoYXJuZXNz"),
        ("SERVICE_API_KEY", "averylongwordofletters"),
    ],
)
def test_a_variable_s_name_makes_it_a_secret(name: str, value: str) -> None:
    """Tokens, passwords and keys, by the words that people use for them."""
    assert secrets_of({name: value}) == (value,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGPASSWORD", "postgres"),  # a name on all machines
        ("API_TOKEN", "short1"),
        ("PWD", "/home/somebody/project"),
        ("OLDPWD", "/home/somebody/project"),
        ("GOOGLE_CREDENTIALS_FILE", "/run/secrets/google.json"),
        ("LANG", "en_GB.UTF-8-and-more"),
        ("PIP_INDEX_URL", "https://index.test/simple"),
        ("BROKEN", "http://[half:of@an/address"),
    ],
)
def test_words_and_paths_are_no_secrets(name: str, value: str) -> None:
    """What a report needs stays readable."""
    assert secrets_of({name: value}) == ()


def test_the_password_of_a_url_is_a_secret_as_written_and_as_meant() -> None:
    """Whatever the variable is called; the longer form comes first, so that no half of it stays."""
    assert secrets_of({"DSN": "postgres://me:p%40ssw0rd@db/x"}) == ("p%40ssw0rd", "p@ssw0rd")


def test_evidence_is_masked_in_every_text() -> None:
    """Ids, messages and traces; what is not text, and what holds no secret, is the same value."""
    failure = Failure(type="E", message=f"{TOKEN} and {TOKEN}", trace=f"http://u:{TOKEN}@x and ftp://me:pw@y")
    test = TestResult(id=f"t[{TOKEN}]", outcome=Outcome.FAILED, failure=failure)
    other = TestResult(id="another", outcome=Outcome.PASSED)
    process = ProcessEvidence(
        probe="p", pid=1, worker="", run=1, runner="r", python="3", sqlite="3", tests=(test, other), notes=(TOKEN,)
    )
    seen = masked(Evidence(level=Level.OBSERVED, processes=(process,)), (TOKEN,))
    first, second = seen.tests()

    assert first.id == f"t[{MASK}]"
    assert first.failure is not None
    assert first.failure.message == f"{MASK} and {MASK}"
    assert first.failure.trace == f"http://u:{MASK}@x and ftp://me:{MASK}@y"
    assert second is other
    assert seen.processes[0].notes == (MASK,)
    assert (seen.level, seen.processes[0].pid) == (Level.OBSERVED, 1)


def test_without_secrets_a_value_is_the_same() -> None:
    """Not a copy: nothing was to be done."""
    seen = Evidence(level=Level.OBSERVED, problems=("a problem", "http://x.test"))
    assert masked(seen, (TOKEN,)) is seen
