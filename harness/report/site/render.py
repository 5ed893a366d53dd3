"""Templates to text."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from harness.report.site import words
from harness.report.style import counted, seconds

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
"""What pages may load: files beside them. Nothing inline runs, nothing leaves the page."""

STATIC = ("site.css", "site.js", "query.js", "matrix.js", "cell.js", "runs.js", "advisor.js", "icon.svg")


def static(name: str) -> str:
    """Return a file that is copied as it is, but for a script's indentation and lines of comment."""
    text = (files("harness.report.site") / "static" / name).read_text(encoding="utf-8")
    if not name.endswith(".js"):
        return text
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


def page(template: str, **values: Any) -> str:
    """Return a page. Whatever is not markup is escaped, and made visible where it would steer the reader."""
    return _environment().get_template(template).render(policy=POLICY, **values)


@cache
def _environment() -> Environment:
    folder = files("harness.report.site") / "templates"
    sources = {
        entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name[-5:] == ".html"
    }
    made = Environment(
        loader=DictLoader(sources),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {"moment": moment, "day": day, "seconds": seconds, "counted": counted, "grouped": _grouped}
    made.globals |= {
        "rows": words.rows,
        "term": words.term,
        "cell_page": words.cell_page,
        "cause_page": words.cause_page,
    }
    return made


def _shown(value: Any) -> Any:
    return words.shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def moment(value: dt.datetime) -> str:
    """Return a moment for a person."""
    return f"{value.astimezone(dt.UTC):%-d %B %Y, %H:%M} UTC"


def day(value: dt.datetime) -> str:
    """Return a day for a person."""
    return f"{value.astimezone(dt.UTC):%-d %B %Y}"


def _grouped(number: int) -> str:
    return f"{number:,}"
