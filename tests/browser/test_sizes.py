"""Sites of many sizes and moods: nothing overflows, they are usable at once, and pictures of them are kept.

Pictures go to the folder that ``HARNESS_SCREENSHOTS`` names, else to one that is thrown away.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.model.cell import Cell

SIZES = (360, 768, 1440)
USABLE_S = 1.0


def known_failure(cell: Cell) -> str:
    """The known regression."""
    return "fail" if cell["pytest-django"] == "4.13" and cell["django"] in ("4.2", "5.1") else "pass"


def mixture(cell: Cell) -> str:
    """The known regression, and a little of everything."""
    odd = {0: "timeout", 7: "flaky", 13: "error", 29: "unsupported", 31: "other"}
    return odd.get(sum(map(ord, cell.id)) % 97, known_failure(cell))


def interrupted(cell: Cell) -> str:
    """A run of which a third is done."""
    return mixture(cell) if cell["python"] == "3.12" else "none"


MOODS: dict[str, tuple[int, Callable[[Cell], str], bool]] = {
    "12-cells": (12, known_failure, True),
    "600-cells": (600, mixture, True),
    "3000-cells": (3000, mixture, True),
    "no-failure": (12, lambda _: "pass", True),
    "all-failing": (600, lambda _: "fail", True),
    "mid-run": (600, interrupted, False),
}


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures go."""
    named = os.environ.get("HARNESS_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("mood", MOODS)
def test_sizes(
    mood: str,
    big_axes: dict[str, tuple[str, ...]],
    make_store: Callable[..., Any],
    build_site: Callable[[Any], Any],
    make_reader: Callable[..., Any],
    gallery: Path,
    tmp_path: Path,
) -> None:
    """At 360, 768 and 1,440 pixels, light and dark, no page is wider than the screen, and none complains."""
    cells, state_of, is_finished = MOODS[mood]
    axes = big_axes if cells > 12 else None
    made_up = make_store(tmp_path / mood, tests=2, **({"axes": axes} if axes else {}))
    step = len(made_up.product) // cells
    made_up.run(state_of, cells=made_up.product[::step], is_finished=is_finished)
    built = build_site(made_up)
    assert (built.folder / "index.html").stat().st_size <= 300_000
    pages = {"overview": "index.html", "matrix": "matrix.html", "advisor": "advisor.html", "history": "history.html"}
    for width in SIZES:
        for scheme in ("light", "dark"):
            reader = make_reader(color_scheme=scheme, viewport={"width": width, "height": 900})
            for name, address in pages.items():
                page = reader.open(built.at(address))
                is_many = name in ("matrix", "history") and cells > 600
                if is_many and (width, scheme) == (1440, "light"):
                    assert min(busy_s(reader, built.at(address)) for _ in range(3)) < USABLE_S, name
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
                if name in ("overview", "matrix"):
                    page.screenshot(path=gallery / f"{mood}-{name}-{width}-{scheme}.png")
                page.close()
            assert reader.complaints == []


def busy_s(reader: Any, address: str) -> float:
    """The seconds of processor time that a page takes until it is usable, whatever else the machine does."""
    page = reader.context.new_page()
    session = reader.context.new_cdp_session(page)
    session.send("Performance.setTimeDomain", {"timeDomain": "threadTicks"})
    session.send("Performance.enable")
    page.goto(address)
    page.evaluate("document.body.offsetHeight")
    metrics = {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}
    page.close()
    assert metrics["TaskDuration"] > 0
    return metrics["TaskDuration"]


def test_queries_are_quick(
    big_axes: dict[str, tuple[str, ...]],
    make_store: Callable[..., Any],
    build_site: Callable[[Any], Any],
    make_reader: Callable[..., Any],
    tmp_path: Path,
) -> None:
    """Three thousand cells are narrowed while one writes."""
    made_up = make_store(tmp_path / "many", axes=big_axes, tests=1)
    made_up.run(lambda _: "none")
    page = make_reader().open(build_site(made_up).at("matrix.html"))
    milliseconds = page.evaluate("""() => {
        const box = document.getElementById('q'), begun = performance.now();
        box.value = 'django:>=5.2 postgres';
        box.dispatchEvent(new Event('input'));
        document.body.offsetHeight;
        return performance.now() - begun;
    }""")
    found = 3000 * 3 // 5 * 3 // 5
    assert page.inner_text("#shown") == str(found)
    shown = page.locator("#rows tbody tr:visible")
    assert shown.count() == 500
    page.click("text=Show all rows")
    assert shown.count() == found
    assert milliseconds < 1000 * USABLE_S
