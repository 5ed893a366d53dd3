"""Every page, from a folder on disk and from a server: it works, and asks for nothing that is not its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

PAGES = ("index", "matrix", "cell", "causes", "compare", "history", "advisor", "method")


@pytest.mark.parametrize("served", [False, True], ids=["file", "http"])
def test_pages_work(mixed: Any, reader: Any, served: bool) -> None:
    """No page has an error in its console, a request that leaves it, or a link to a file that is not there."""
    names = [f"{name}.html" for name in PAGES] + [path.name for path in mixed.folder.glob("cause-*.html")]
    assert len(names) > len(PAGES) + 3
    for name in names:
        page = reader.open(mixed.at(name, served=served))
        assert page.locator("h1").count() == 1, name
        targets = page.eval_on_selector_all("a[href]", "links => links.map(link => link.getAttribute('href'))")
        for target in targets:
            assert re.fullmatch(r"[#\w.-].*", target), target
            file = target.partition("#")[0]
            assert not file or (mixed.folder / file).is_file(), target
        page.close()


def test_policy_holds(mixed: Any, make_reader: Callable[..., Any]) -> None:
    """A script or a style in the page is refused, and so is whatever would leave it."""
    reader = make_reader()
    page = reader.open(mixed.at("index.html"))
    page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.broken = true';
        document.body.append(script);
        const image = document.createElement('img');
        image.src = 'http://127.0.0.1:9/x.png';
        document.body.append(image);
    }""")

    assert page.evaluate("window.broken") is None
    assert any("Content Security Policy" in text for text in reader.complaints)
    assert not any("asks for" in text for text in reader.complaints)


def test_scripts_are_small(mixed: Any) -> None:
    """Vanilla JavaScript, 30 KiB of it in all."""
    scripts = [path for path in mixed.folder.glob("*.js") if path.name not in ("data.js", "details.js")]

    assert len(scripts) == 6
    assert sum(path.stat().st_size for path in scripts) <= 30 * 1024
