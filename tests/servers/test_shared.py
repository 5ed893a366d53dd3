"""One server for several processes of a machine, for real."""

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from harness.databases import Context
from harness.databases.shared import shared
from harness.model.server import Offer, Server
from harness.model.spec import Engine


@pytest.fixture
def own(context: Context, tmp_path: Path) -> Context:
    """Surroundings in which nothing is shared with other tests."""
    return replace(context, cache=tmp_path / "cache")


def port_of(server: Server) -> int:
    """Where it listens."""
    return int(server.administration.endpoint.port)  # type: ignore[attr-defined]


def test_the_second_finds_what_the_first_started(embedded_offer: Offer, own: Context) -> None:
    """The same server, in which each has databases of its own; it ends with the first, and leaves nothing."""
    offer = shared(embedded_offer, Engine.POSTGRESQL, group="run", context=own)
    with ExitStack() as first, ExitStack() as second:
        one = first.enter_context(offer.start(timeout_s=60))
        two = second.enter_context(offer.start(timeout_s=60))
        assert port_of(one) == port_of(two)
        assert (one.version, one.identity) == (two.version, two.identity)
        with two.lease("a", ("default",)) as databases, one.lease("b", ("default",)) as others:
            entry = databases["default"]
            assert entry["NAME"] != others["default"]["NAME"]
            with psycopg.connect(
                host=entry["HOST"],
                port=entry["PORT"],
                user=entry["USER"],
                password=entry["PASSWORD"],
                dbname=entry["NAME"],
            ) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        (facts,) = own.cache.rglob("server.json")
        assert (facts.stat().st_mode & 0o077, facts.parent.stat().st_mode & 0o077) == (0, 0)
        first.close()
        assert not two.is_alive()
        assert not list(own.cache.rglob("server.json"))
        with offer.start(timeout_s=60) as three:
            assert three.is_alive()


def test_what_a_dead_process_left_is_not_believed(embedded_offer: Offer, own: Context) -> None:
    """Nor what another group has started: its run may end at any time."""
    offer = shared(embedded_offer, Engine.POSTGRESQL, group="run", context=own)
    other = shared(embedded_offer, Engine.POSTGRESQL, group="other", context=own)
    with offer.start(timeout_s=60) as one:
        with other.start(timeout_s=60) as two:
            assert port_of(one) != port_of(two)
        (path,) = own.cache.rglob("server.json")
        facts = json.loads(path.read_text())
        path.write_text(json.dumps({**facts, "ticks": "1"}))
        with offer.start(timeout_s=60) as three:
            assert port_of(one) != port_of(three)
