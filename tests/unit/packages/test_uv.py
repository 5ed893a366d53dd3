"""uv runs with the user's indexes, and without what would change an answer."""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from pathlib import Path

import pytest

from harness.errors import IndexUnreachable
from harness.packages.uv import Uv, _words, find_uv, masked

NO_SOLUTION = "No solution found when resolving dependencies"


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        (f"warning: old\nerror: {NO_SOLUTION}\n  cause: Because a\n         And b\n\nhint: c\n",
         f"{NO_SOLUTION}\n  cause: Because a\n         And b\n\nhint: c"),
        (f"  \u00d7 {NO_SOLUTION}:\n  \u2570\u25b6 Because a\n", f"{NO_SOLUTION}:\n  \u2570\u25b6 Because a"),
        ("error: at https://me:secret@h.test/simple\n", "at https://****@h.test/simple"),
        ("strange\n", "strange"),
        ("", "uv failed and said nothing"),
    ],
)  # fmt: skip
def test_words_are_verbatim(stderr: str, words: str) -> None:
    """All after `error:`, old and new uv, but for passwords."""
    assert _words(stderr) == words


def test_masked_hides_every_password() -> None:
    """More than one in a text."""
    assert masked("a://b:c@d e://f@g") == "a://****@d e://****@g"


def test_configuration_names_indexes_without_passwords(tmp_path: Path, noon: dt.datetime) -> None:
    """The default comes last; answers fetched since the as-of date may be taken as they are."""
    env = {"HOME": str(tmp_path), "UV_INDEX": "x=https://u:secret@x.test/s", "UV_DEFAULT_INDEX": "https://d.test/s"}
    uv = Uv(cache=tmp_path, environ=env, as_of=noon, now=lambda: noon + dt.timedelta(minutes=5))
    control = {"api": "max-age=300", "files": "max-age=300"}
    assert tomllib.loads(uv._configuration())["index"] == [
        {"name": "x", "url": "https://x.test/s", "cache-control": control},
        {"name": "harness-default", "url": "https://d.test/s", "default": True, "cache-control": control},
    ]
    given = uv._environment()
    assert (given["UV_INDEX_X_USERNAME"], given["UV_INDEX_X_PASSWORD"]) == ("u", "secret")
    assert "UV_INDEX" not in given
    assert "UV_DEFAULT_INDEX" not in given


def test_environment_keeps_the_network_and_drops_the_rest(tmp_path: Path, noon: dt.datetime) -> None:
    """The user's constraints, or a wish for no bytecode, would make another environment of the same lock."""
    kept = {"UV_OFFLINE": "1", "UV_HTTP_TIMEOUT": "9", "SSL_CERT_FILE": "/c", "UV_CACHE_DIR": "/u", "HTTPS_PROXY": "p"}
    dropped = ["PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "UV_PYTHON", "UV_CONSTRAINT", "UV_NO_BINARY_PACKAGE",
               "UV_EXCLUDE_NEWER", "UV_PRERELEASE", "UV_RESOLUTION", "PYTHONPATH"]  # fmt: skip
    uv = Uv(cache=tmp_path, environ=kept | dict.fromkeys(dropped, "x"), now=lambda: noon)
    given = uv._environment()
    assert kept.items() <= given.items()
    assert not set(dropped) & set(given)


def test_user_who_forbids_settings_files_keeps_the_environment(tmp_path: Path, noon: dt.datetime) -> None:
    """UV_NO_CONFIG would make uv pass over the file that we write."""
    env = {"UV_NO_CONFIG": "1", "UV_DEFAULT_INDEX": "https://d.test/s"}
    assert Uv(cache=tmp_path, environ=env, now=lambda: noon)._environment().items() >= env.items()


def test_runs_uv(tmp_path: Path) -> None:
    """The package's program; nothing stays in the folder for temporary files."""
    uv = Uv(cache=tmp_path, environ=os.environ, now=lambda: dt.datetime.now(dt.UTC))
    assert uv.program == find_uv(os.environ)
    assert uv.version()[0].isdigit()
    assert list((tmp_path / "tmp").iterdir()) == []
    assert uv.run(["no-such-command"], timeout_s=10).words.startswith("unrecognized subcommand")


def test_dead_index_is_told_from_no_solution(tmp_path: Path) -> None:
    """With uv's words, and without the 6.5 s of retries a second time."""
    env = {**os.environ, "UV_DEFAULT_INDEX": "http://me:secret@127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
    env["UV_CACHE_DIR"] = str(tmp_path / "uv")
    uv = Uv(cache=tmp_path, environ=env, now=lambda: dt.datetime.now(dt.UTC))
    for _ in range(2):
        with pytest.raises(IndexUnreachable, match="Failed to fetch") as caught:
            uv.run(["pip", "compile", "-"], stdin="django\n", timeout_s=30)
        assert "secret" not in str(caught.value)
    assert uv._environment()["UV_HTTP_RETRIES"] == "0"
    offline = Uv(cache=tmp_path, environ={**env, "UV_OFFLINE": "1"}, now=lambda: dt.datetime.now(dt.UTC))
    with pytest.raises(IndexUnreachable, match="network was disabled"):
        offline.run(["pip", "compile", "-"], stdin="django\n", timeout_s=30)
