"""The dashboard of a store that was really run: the known regression, and a canary with hostile names."""

from __future__ import annotations

import json
import re

import pytest

PLUGINS = ("4.12", "4.13")


@pytest.fixture
def ran(checkout, matrix):
    """A checkout in which two canaries ran with two releases of pytest-django on a Django below 5.2."""
    packages = {"django": ["5.1"], "pytest-django": list(PLUGINS), "pytest": ["8"]}
    text = matrix("minimal", "noisy_names", packages=packages)
    checkout.matrix(re.sub("as_of = .*", "as_of = 2026-11-20T00:00:00Z", text))
    ended = checkout.run("--quiet")
    assert ended.code == 1, ended.err
    return checkout


def test_of_a_real_run(ran) -> None:
    """The regression is found, blamed and explained; hostile names are inert; a second report replaces the first."""
    first = ran.harness("report", "--html", "site")
    assert first.code == 0, first.err
    site = ran.folder / "site"
    index = (site / "index.html").read_text(encoding="utf-8")
    assert "fail unexpectedly" in index
    assert "Works with pytest-django 4.12; 4.13.0 fails" in index
    assert "_pre_setup_ran_eagerly" in index
    pages = [path.read_text(encoding="utf-8") for path in site.glob("cause-*.html")]
    (text,) = [page for page in pages if "_pre_setup_ran_eagerly" in page]
    for wanted in ("pytest-django !=4.13.0", "4.12.0 passes, 4.13.0 fails so.", "Whose fault", "### ✗ fail"):
        assert wanted in text, wanted
    failing = [path.stem for path in site.glob("cells/*.js")]
    assert failing
    assert (site / "logs" / f"{failing[0]}.txt").stat().st_size > 0
    for path in (*site.glob("*.html"), *site.glob("*.js"), *site.glob("cells/*.js")):
        told = path.read_text(encoding="utf-8")
        assert not set("\u202e\x00\x1b") & set(told), path
        assert str(ran.folder) not in told, path
        assert not re.search(r"<script(?! src=)", told), path
    before = {path.relative_to(site): path.read_bytes() for path in site.rglob("*.js")}
    again = ran.harness("report", "--html", "site")
    assert again.code == 0, again.err
    after = {path.relative_to(site): path.read_bytes() for path in site.rglob("*.js")}
    assert before.keys() == after.keys()
    assert json.loads((site / ".harness-site.json").read_text(encoding="utf-8"))["files"]
