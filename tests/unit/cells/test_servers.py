"""The servers of one run: started once each, restarted once each, gone at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.cells.servers import ServerPool
from harness.errors import Infrastructure

MakeOffer = Callable[..., Any]


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Several that want something at once."""
    with ThreadPoolExecutor(max_workers=8) as executor:
        yield executor


def until(is_so: Callable[[], Any]) -> None:
    """Wait until *is_so* says something true."""
    deadline = time.monotonic() + 15
    while not is_so():
        assert time.monotonic() < deadline, "did not come"
        time.sleep(0.005)


def test_a_server_is_started_when_first_wanted_and_shared(make_offer: MakeOffer) -> None:
    """With the time it may take; nobody starts what nobody wants; all are gone at the end."""
    wanted, other = make_offer(), make_offer()
    with ServerPool({"a": wanted, "b": other}, timeout_s=17) as pool:
        assert wanted.starts == 0
        first = pool.get("a")
        assert pool.get("a") is first
        assert (wanted.timeouts, wanted.stopped) == ([17], [])
    assert wanted.stopped == [first]
    assert other.starts == 0


def test_a_server_wanted_by_many_at_once_is_started_once(make_offer: MakeOffer, threads: ThreadPoolExecutor) -> None:
    """The others wait for it and get the same."""
    offer = make_offer(is_open=False)
    with ServerPool({"a": offer}, timeout_s=1) as pool:
        found = [threads.submit(pool.get, "a") for _ in range(8)]
        until(lambda: offer.starts)
        time.sleep(0.1)
        assert not any(future.done() for future in found)
        offer.gate.set()
        assert {future.result(15) for future in found} == set(offer.started)
    assert offer.starts == 1


def test_a_slow_server_does_not_hold_another_up(make_offer: MakeOffer, threads: ThreadPoolExecutor) -> None:
    """Each has its own turn."""
    slow, quick = make_offer(is_open=False), make_offer()
    with ServerPool({"slow": slow, "quick": quick}, timeout_s=1) as pool:
        waiting = threads.submit(pool.get, "slow")
        until(lambda: slow.starts)
        assert pool.get("quick") is quick.started[0]
        slow.gate.set()
        assert waiting.result(15) is slow.started[0]


def test_servers_are_warmed_side_by_side(make_offer: MakeOffer) -> None:
    """In the background; whoever wants one then finds it, or waits for that start."""
    offers = {name: make_offer(is_open=False) for name in "abc"}
    with ServerPool(offers, timeout_s=1) as pool:
        pool.warm(offers)
        until(lambda: all(offer.starts for offer in offers.values()))
        for offer in offers.values():
            offer.gate.set()
        for name, offer in offers.items():
            assert pool.get(name) is offer.started[0]
    assert [offer.starts for offer in offers.values()] == [1, 1, 1]
    assert [len(offer.stopped) for offer in offers.values()] == [1, 1, 1]


def test_a_start_that_failed_is_not_tried_again(make_offer: MakeOffer) -> None:
    """Every cell that needs it is told the same, at once; other servers are not concerned."""
    offer, other = make_offer("no room"), make_offer()
    with ServerPool({"a": offer, "b": other}, timeout_s=1) as pool:
        for _ in range(3):
            with pytest.raises(Infrastructure, match="no room"):
                pool.get("a")
        assert pool.get("b") is other.started[0]
    assert offer.starts == 1


def test_a_start_that_failed_while_warming_is_told_to_who_wants_it(make_offer: MakeOffer) -> None:
    """Not lost in the background."""
    offer = make_offer("no room")
    with ServerPool({"a": offer}, timeout_s=1) as pool:
        pool.warm(["a"])
        until(lambda: offer.starts)
        with pytest.raises(Infrastructure, match="no room"):
            pool.get("a")
    assert offer.starts == 1


def test_a_dead_server_is_replaced_once(make_offer: MakeOffer) -> None:
    """What is left of it goes at once; when the second dies as well, that is told with its last words.

    They are read before they go: a server's log lies in a folder that is removed with it.
    """
    offer = make_offer()
    with ServerPool({"a": offer}, timeout_s=1) as pool:
        first = pool.get("a")
        pool.replace("a", first)
        assert offer.stopped == [first]
        second = pool.get("a")
        assert second is not first
        pool.replace("a", second)
        for _ in range(2):
            with pytest.raises(Infrastructure, match=r"server of a died again(.|\n)*last words of server 2"):
                pool.get("a")
        assert offer.starts == 2
    assert offer.stopped == [first, second]


def test_a_death_seen_by_many_is_one_death(make_offer: MakeOffer, threads: ThreadPoolExecutor) -> None:
    """Each cell that lost its server says so; the new one is not taken for the dead one."""
    offer = make_offer()
    with ServerPool({"a": offer}, timeout_s=1) as pool:
        dead = pool.get("a")
        barrier = threading.Barrier(8, timeout=15)

        def lose_it() -> Any:
            barrier.wait()
            pool.replace("a", dead)
            return pool.get("a")

        found = {future.result(15) for future in [threads.submit(lose_it) for _ in range(8)]}
        pool.replace("a", dead)
        assert found == {pool.get("a")} == {offer.started[1]}
    assert offer.starts == 2
    assert offer.stopped == offer.started


def test_a_replacement_that_does_not_start_is_told(make_offer: MakeOffer) -> None:
    """And not tried again."""
    offer = make_offer()
    with ServerPool({"a": offer}, timeout_s=1) as pool:
        pool.replace("a", pool.get("a"))
        offer.failures.append(Infrastructure("no room for a second"))
        for _ in range(2):
            with pytest.raises(Infrastructure, match="no room for a second"):
                pool.get("a")
    assert offer.starts == 2
    assert offer.stopped == offer.started


def test_all_servers_go_when_the_run_breaks_off(make_offer: MakeOffer) -> None:
    """Those of others too if one cannot be removed, which is told."""
    offers = {name: make_offer() for name in "abc"}
    offers["b"].trouble = Infrastructure("cannot be removed")
    pool = ServerPool(offers, timeout_s=1)
    for name in offers:
        pool.get(name)
    with pytest.raises(Infrastructure, match="cannot be removed"), pool:
        raise ZeroDivisionError
    assert all(offer.stopped == offer.started for offer in offers.values())


def test_a_server_still_starting_at_the_end_goes_as_well(make_offer: MakeOffer) -> None:
    """The end waits for its start, which is bounded by its own time-out."""
    offer = make_offer(is_open=False)
    with ServerPool({"a": offer}, timeout_s=1) as pool:
        pool.warm(["a"])
        until(lambda: offer.starts)
        threading.Timer(0.2, offer.gate.set).start()
    assert len(offer.started) == 1
    assert offer.stopped == offer.started
