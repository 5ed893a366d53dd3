"""docs/projects.md shows matrices that load."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from harness import config
from harness.model.spec import Injection

PAGE = Path(__file__).resolve().parents[3] / "docs" / "projects.md"


def test_its_examples_are_one_file_that_loads(tmp_path: Path) -> None:
    """Beside projects in the folders that it names."""
    text = "\n".join(re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    for name in re.findall(r'^path = "(.+)"', text, re.MULTILINE):
        (tmp_path / name).mkdir()
    path = tmp_path / "matrix.toml"
    path.write_text(text, encoding="utf-8")
    spec = config.load(path, today=dt.date(2026, 11, 22))
    projects = {canary.name: canary.project for canary in spec.canaries}
    assert all(projects.values())
    assert projects["shop"] is not None
    assert projects["shop"].inject is Injection.SETTINGS
