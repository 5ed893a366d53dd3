"""Takes docs/images/dashboard.png, the README's picture of a site: `python docs/screenshot.py [FOLDER]`.

FOLDER is what `nox -s dashboard` made (default: dist/dashboard). Needs playwright and the system's Chromium.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT = 1100, 1084


def main() -> None:
    """Open the overview and keep what one sees at first."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist" / "dashboard").resolve()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(f"file://{folder}/index.html")
        page.screenshot(path=ROOT / "docs" / "images" / "dashboard.png")
        browser.close()


if __name__ == "__main__":
    main()
