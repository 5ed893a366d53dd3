"""Releases as of a date, asked once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import IndexUnreachable, UsageError
from harness.packages.index import Index
from harness.packages.index_urls import IndexUrl, IndexUrls

DEAD = "http://127.0.0.1:9/simple"
HOUR = dt.timedelta(hours=1)


def file(name: str, uploaded: str | None, **more: Any) -> dict[str, Any]:
    """Return a file as PEP 691 describes it."""
    entry = {"filename": name, "url": f"http://127.0.0.1/{name}", "hashes": {}} | more
    return entry | ({"upload-time": uploaded} if uploaded else {})


FILES = [
    file("thing-1.0-py3-none-any.whl", "2026-01-01T00:00:00Z", **{"requires-python": ">=3.8"}),
    file("thing-1.0.tar.gz", "2026-01-01T00:00:01.123456Z"),
    file("thing-1.10.tar.gz", "2026-01-03T00:00:00Z"),
    file("thing-1.2-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "2026-01-02T00:00:00Z"),
    file("thing-1.3-py3-none-any.whl", "2026-01-02T00:00:00Z", yanked="broken"),
    file("thing-2.0-py3-none-any.whl", "2026-05-01T00:00:00Z"),
    file("thing-2.0.1.exe", "2026-01-01T00:00:00Z"),
]


@pytest.fixture
def ask(tmp_path: Path, noon: dt.datetime, fake_index: Any) -> Callable[..., Index]:
    """Build an index over one cache."""

    def build(*, address: str = "", as_of: dt.datetime = noon, now: dt.datetime = noon + HOUR, **more: Any) -> Index:
        default = IndexUrl(name="default", address=address or fake_index.address)
        urls = IndexUrls(default=default, is_offline=more.pop("is_offline", False), extra=more.pop("extra", ()))
        return Index(tmp_path, as_of=as_of, urls=urls, now=lambda: now, **more)

    return build


def test_releases_by_the_date(ask: Callable[..., Index], fake_index: Any) -> None:
    """In the order of versions; neither yanked nor later ones; a name in any spelling."""
    fake_index.add_json("thing", FILES)
    found = ask().releases("Thing")
    assert [release.version for release in found] == ["1.0", "1.2", "1.10"]
    assert (found[0].requires_python, found[0].wheel_tags, found[0].has_sdist) == (">=3.8", ("py3-none-any",), True)
    assert found[0].uploaded == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert found[1].wheel_tags == ("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64",)
    assert (found[2].wheel_tags, found[2].has_sdist) == ((), True)


def test_an_earlier_date_sees_less_of_the_same_answer(
    ask: Callable[..., Index], fake_index: Any, noon: dt.datetime
) -> None:
    """What is remembered serves every as-of date before it was fetched: one request."""
    fake_index.add_json("thing", FILES)
    ask().releases("thing")
    early = ask(as_of=dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC), address=fake_index.address)
    assert [release.version for release in early.releases("thing")] == ["1.0"]
    assert fake_index.requests == ["thing"]
    late = ask(as_of=noon + 5 * HOUR, now=noon + 6 * HOUR)
    late.releases("thing")
    assert fake_index.requests == ["thing", "thing"]


def test_refresh_asks_again(ask: Callable[..., Index], fake_index: Any, noon: dt.datetime) -> None:
    """Even what is known."""
    fake_index.add_json("thing", FILES[:1])
    ask().releases("thing")
    fake_index.add_json("thing", FILES)
    assert len(ask(refresh=True, now=noon + 2 * HOUR).releases("thing")) == 3


def test_a_renewed_package_has_a_date_of_its_own(ask: Callable[..., Index], fake_index: Any, noon: dt.datetime) -> None:
    """What was fetched before that date is not enough for it; other packages keep theirs."""
    fake_index.add_json("thing", FILES)
    fake_index.add_json("other", [file("other-1.0.tar.gz", "2026-05-01T00:00:00Z")])
    early, may = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC), dt.datetime(2026, 5, 2, tzinfo=dt.UTC)
    ask(as_of=early).releases("thing")
    index = ask(as_of=early, now=may + HOUR, renewed={"thing": may})
    assert [release.version for release in index.releases("thing")] == ["1.0", "1.2", "1.10", "2.0"]
    assert index.releases("other") == ()
    assert fake_index.requests == ["thing", "thing", "other"]


def test_html_pages_with_upload_times(ask: Callable[..., Index], fake_index: Any) -> None:
    """Mirrors serve these; `data-yanked` and `data-requires-python` count."""
    fake_index.add_html(
        "thing",
        '<a href="thing-1.0-py3-none-any.whl" data-upload-time="2026-01-01T00:00:00.5Z"'
        ' data-requires-python="&gt;=3.8">thing-1.0-py3-none-any.whl</a>'
        '<a href="thing-1.1-py3-none-any.whl" data-upload-time="2026-01-01T00:00:00Z" data-yanked="">'
        "thing-1.1-py3-none-any.whl</a>",
    )
    (found,) = ask().releases("thing")
    assert (found.version, found.requires_python) == ("1.0", ">=3.8")


@pytest.mark.parametrize("kind", ["json", "html"])
def test_index_without_upload_times_is_an_error(ask: Callable[..., Index], fake_index: Any, kind: str) -> None:
    """What was there by a date cannot be known."""
    if kind == "json":
        fake_index.add_json("thing", [file("thing-1.0.tar.gz", None)])
    else:
        fake_index.add_html("thing", '<a href="thing-1.0.tar.gz">thing-1.0.tar.gz</a>')
    with pytest.raises(UsageError, match="does not say when the files of thing were uploaded"):
        ask().releases("thing")


def test_unknown_package_names_the_nearest(ask: Callable[..., Index]) -> None:
    """Among the caller's names and well-known ones."""
    with pytest.raises(UsageError, match=r"no package 'pytest-djagno'; nearest: .*pytest-django"):
        ask().releases("pytest-djagno")
    with pytest.raises(UsageError, match="nearest: my-thing"):
        ask().releases("my-thingg", known_names=["my-thing"])


def test_dead_index_is_unreachable_unless_the_answer_is_known(ask: Callable[..., Index], fake_index: Any) -> None:
    """What was fetched since the as-of date serves, even from another address; each package is not tried anew."""
    with pytest.raises(IndexUnreachable, match="gave no answer about thing: ConnectionError"):
        ask(address=DEAD).releases("thing")
    fake_index.add_json("thing", FILES)
    ask().releases("thing")
    offline = ask(address=DEAD)
    assert len(offline.releases("thing")) == 3
    with pytest.raises(IndexUnreachable):
        offline.releases("other")


def test_offline_asks_nobody(ask: Callable[..., Index], fake_index: Any) -> None:
    """UV_OFFLINE holds for us as well."""
    fake_index.add_json("thing", FILES)
    with pytest.raises(IndexUnreachable, match="UV_OFFLINE"):
        ask(is_offline=True).releases("thing")
    assert fake_index.requests == []
    ask().releases("thing")
    assert len(ask(is_offline=True).releases("thing")) == 3


@pytest.mark.parametrize("status", [401, 500, 503])
def test_index_that_refuses_is_unreachable(ask: Callable[..., Index], fake_index: Any, status: int) -> None:
    """It said nothing about the package."""
    fake_index.status = status
    with pytest.raises(IndexUnreachable, match=f"HTTP {status}"):
        ask().releases("thing")


def test_answer_that_nobody_can_read_is_named(ask: Callable[..., Index], fake_index: Any) -> None:
    """JSON that is none is not an empty project."""
    fake_index.pages["thing"] = ("application/vnd.pypi.simple.v1+json", "{")
    with pytest.raises((UsageError, IndexUnreachable), match="thing"):
        ask().releases("thing")


def test_extra_indexes_are_asked_first(ask: Callable[..., Index], fake_index: Any) -> None:
    """As uv's first-index strategy does; where they do not have it, the default is asked."""
    fake_index.add_json("thing", FILES)
    empty = IndexUrl(name="extra", address=fake_index.address.replace("/simple", "/none"))
    assert len(ask(extra=(empty,)).releases("thing")) == 3


def test_damaged_memory_is_asked_again(ask: Callable[..., Index], fake_index: Any, tmp_path: Path) -> None:
    """And what is kept is small: no addresses, no hashes."""
    fake_index.add_json("thing", FILES)
    ask().releases("thing")
    (kept,) = (tmp_path / "index").iterdir()
    assert "127.0.0.1" not in kept.read_text()
    assert json.loads(kept.read_text())["scheme"] == 1
    kept.write_text("{")
    assert len(ask().releases("thing")) == 3
    assert fake_index.requests == ["thing", "thing"]
