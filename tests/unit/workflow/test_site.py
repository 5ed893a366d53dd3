"""A machine's part in a run that is led from another: it opens when it is asked, and ends without being told."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import Interrupted
from harness.model.server import ServerIdentity
from harness.model.spec import DatabaseSpec, Engine, ProviderName, RunSpec
from harness.workflow.site import Order, Site, same_interpreter

SQLITE = (
    DatabaseSpec(name="sqlite-memory", engine=Engine.SQLITE, version="memory"),
    ServerIdentity(provider=ProviderName.SQLITE, source="interpreter", version="memory"),
)
ELSEWHERE = (
    DatabaseSpec(name="theirs", engine=Engine.POSTGRESQL, url_env="NOWHERE"),
    ServerIdentity(provider=ProviderName.URL, source="url", version="17"),
)


@pytest.fixture
def make_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Returns a builder of sites with a cache of their own."""
    made: list[Site] = []

    def build(cache: Path = tmp_path / "cache", **more: Any) -> Site:
        order = Order(name="run", run=RunSpec(), run_id=1, databases=(SQLITE, ELSEWHERE))
        made.append(Site(order, {**os.environ, "HARNESS_CACHE_DIR": str(cache)}, **more))
        return made[-1]

    yield build
    for site in made:
        site.close()


def ledgers(tmp_path: Path) -> list[Path]:
    """What is written down as running."""
    return list((tmp_path / "cache" / "ledger").glob("*.jsonl"))


def test_it_says_what_it_can_do(make_site: Callable[..., Site], tmp_path: Path) -> None:
    """Interpreters, servers, and why a server cannot be had; no secret is in it."""
    site = make_site()
    assert ledgers(tmp_path) == []
    able = site.abilities()
    assert (able.trouble, dict(able.servers)) == ("", {"sqlite-memory": SQLITE[1]})
    assert "NOWHERE" in dict(able.absent)["theirs"]
    assert same_interpreter(able.interpreters[0], able.interpreters) == able.interpreters[0]
    assert {name for name, _ in able.inherited} <= {
        "HOME",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "LD_LIBRARY_PATH",
        "LOGNAME",
        "PATH",
        "SHELL",
        "TZ",
        "USER",
    }
    assert len(ledgers(tmp_path)) == 1
    site.close()
    assert ledgers(tmp_path) == []


def test_what_keeps_it_from_everything_is_told(make_site: Callable[..., Site]) -> None:
    """Not raised: the others may go on."""
    assert "cannot write" in make_site(Path(os.devnull) / "cache").abilities().trouble


def test_it_ends_when_nobody_says_that_the_run_goes_on(make_site: Callable[..., Site], tmp_path: Path) -> None:
    """Whoever led it may have died. It opens again where it is asked again."""
    site = make_site(lease_s=0.3)
    site.abilities()
    for _ in range(4):
        time.sleep(0.15)
        site.renew()
        assert ledgers(tmp_path)
    deadline = time.monotonic() + 20
    while ledgers(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert ledgers(tmp_path) == []
    assert site.abilities().trouble == ""


def test_nothing_begins_after_a_stop(make_site: Callable[..., Site]) -> None:
    """Cells that were still waiting on the worker are not tried."""
    site = make_site()
    site.stop()
    with pytest.raises(Interrupted), site._busy():
        pass
