"""The harness asks the index that uv would ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.packages.index_urls import IndexUrl, configured


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose user has no settings."""
    return {"HOME": str(tmp_path / "home")}


def test_nothing_configured_means_pypi(home: dict[str, str], tmp_path: Path) -> None:
    """No default is named: the caller takes PyPI's address."""
    urls = configured(home, tmp_path)
    assert (urls.default, urls.extra, urls.is_offline) == (None, (), False)


def test_order_of_places(home: dict[str, str], tmp_path: Path) -> None:
    """uv's environment wins over the project, that over the user's file, that over pip's variable."""
    project = tmp_path / "project"
    project.mkdir()
    user = Path(home["HOME"]) / ".config" / "uv" / "uv.toml"
    user.parent.mkdir(parents=True)

    def address() -> str:
        found = configured(env, project / "deeper").default
        return found.address if found else ""

    env = home | {"PIP_INDEX_URL": "https://pip.test/simple"}
    assert address() == "https://pip.test/simple"
    user.write_text('index-url = "https://user.test/simple"\n')
    assert address() == "https://user.test/simple"
    (project / "pyproject.toml").write_text('[[tool.uv.index]]\nurl = "https://project.test/simple"\ndefault = true\n')
    assert address() == "https://project.test/simple"
    env["UV_INDEX_URL"] = "https://old.test/simple"
    assert address() == "https://old.test/simple"
    env["UV_DEFAULT_INDEX"] = "https://env.test/simple"
    assert address() == "https://env.test/simple"


def test_extra_indexes_come_first_with_their_names(home: dict[str, str], tmp_path: Path) -> None:
    """Named or not, from the environment and the project."""
    (tmp_path / "uv.toml").write_text(
        '[[index]]\nname = "inner"\nurl = "https://inner.test/simple"\n[pip]\nextra-index-url = ["https://more.test/s"]\n'
    )
    urls = configured(home | {"UV_INDEX": "one=https://one.test/simple https://two.test/simple"}, tmp_path)
    assert [(url.name, url.address) for url in urls.extra] == [
        ("one", "https://one.test/simple"),
        ("harness-extra-1", "https://two.test/simple"),
        ("inner", "https://inner.test/simple"),
        ("harness-extra-3", "https://more.test/s"),
    ]


def test_credentials_are_taken_out_of_the_address(home: dict[str, str], tmp_path: Path) -> None:
    """From the address or from uv's variables; only `with_credentials` shows them."""
    env = home | {"UV_DEFAULT_INDEX": "https://me:pa%40ss@one.test/simple?x=1"}
    url = configured(env, None).default
    assert url is not None
    assert url.address == "https://one.test/simple?x=1"
    assert "ss" not in url.address.replace("simple", "")
    env = home | {"UV_DEFAULT_INDEX": "my-own=https://one.test/s", "UV_INDEX_MY_OWN_USERNAME": "me"}
    env["UV_INDEX_MY_OWN_PASSWORD"] = "a@b"
    assert configured(env, None).default == IndexUrl(
        name="my-own", address="https://one.test/s", username="me", password="a@b"
    )
    named = configured(env, None).default
    assert named is not None
    assert named.with_credentials == "https://me:a%40b@one.test/s"


def test_files_can_be_switched_off_or_replaced(home: dict[str, str], tmp_path: Path) -> None:
    """As uv does: UV_NO_CONFIG and UV_CONFIG_FILE."""
    (tmp_path / "uv.toml").write_text('index-url = "https://project.test/s"\n')
    (tmp_path / "other.toml").write_text('index-url = "https://other.test/s"\n')
    assert configured(home | {"UV_NO_CONFIG": "1"}, tmp_path).default is None
    chosen = configured(home | {"UV_CONFIG_FILE": str(tmp_path / "other.toml")}, tmp_path).default
    assert chosen is not None
    assert chosen.address == "https://other.test/s"


def test_file_that_is_no_toml_is_named(home: dict[str, str], tmp_path: Path) -> None:
    """A broken file is said, not skipped."""
    (tmp_path / "uv.toml").write_text("index-url = \n")
    with pytest.raises(UsageError, match=r"uv\.toml: Invalid value"):
        configured(home, tmp_path)


def test_offline(home: dict[str, str]) -> None:
    """UV_OFFLINE counts for us, too."""
    assert configured(home | {"UV_OFFLINE": "1"}, None).is_offline
    assert not configured(home | {"UV_OFFLINE": "0"}, None).is_offline
