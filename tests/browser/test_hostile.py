"""What comes out of a cell is untrusted: it is inert on every page, and can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

EVIL = (
    "</script><script>window.broken=1</script><img src=x onerror=window.broken=1>"
    "{{ 7*7 }}{% raw %} ]]> ' \" \\ ` ${window.broken=1} &lt; \u202egnp.exe\u202c \x00 \x1b[31mred\x1b[0m"
    " \u2028 \ud800 ñ 漢 —"
)


@pytest.fixture(scope="module")
def hostile(
    make_store: Callable[..., Any], build_site: Callable[[Any], Any], tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Cells, one of which says evil things wherever it can, in a canary of an evil name."""
    words = {"test": EVIL, "message": EVIL, "trace": EVIL, "log": EVIL.replace("\ud800", "")}
    made_up = make_store(tmp_path_factory.mktemp("hostile"), words=words)
    made_up.run(lambda cell: "fail" if cell["django"] == "5.1" else "pass")
    return build_site(made_up)


def test_it_is_inert(hostile: Any, reader: Any) -> None:
    """No page runs it, none has an element of its making, and what it says is there in letters."""
    names = [path.name for path in hostile.folder.glob("*.html")]
    failing = [path.stem for path in hostile.folder.glob("cells/*.js")]
    assert len(failing) == 4
    for address in [*names, *(f"cell.html#{one}" for one in failing)]:
        page = reader.open(hostile.at(address))
        page.wait_for_timeout(60)
        assert page.evaluate("window.broken") is None, address
        assert page.locator("main img").count() == 0
        text = page.inner_text("body")
        assert not {"\u202e", "\x00", "\x1b", "\u2028"} & set(text), address
        assert "49" not in text.split("{{ 7*7 }}")[0][-10:]
        page.close()
    page = reader.open(hostile.at(f"cell.html#{failing[0]}"))
    page.wait_for_selector(".card.fail")
    text = page.inner_text("main")
    for wanted in (
        "<script>window.broken=1</script>",
        "{{ 7*7 }}{% raw %}",
        "${window.broken=1}",
        "\\u202egnp.exe",
        "\\u0000",
        "]]>",
    ):
        assert wanted in text, wanted
    assert "ñ 漢 —" in text


def test_logs_are_text(hostile: Any, reader: Any) -> None:
    """A log is shown as text, from disk and from a server, and colours of terminals are gone from it."""
    (first, *_) = sorted(hostile.folder.glob("logs/*.txt"))
    for served in (False, True):
        page = reader.open(hostile.at(f"logs/{first.name}", served=served))
        assert page.evaluate("document.contentType") == "text/plain"
        assert page.evaluate("window.broken") is None
        assert "<script>window.broken=1</script>" in page.inner_text("body")
    assert "\x1b" not in first.read_text(encoding="utf-8")
