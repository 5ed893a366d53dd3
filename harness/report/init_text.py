"""What `harness init` found, as text."""

from __future__ import annotations

import shlex

from rich.console import Group, RenderableType
from rich.text import Text

from harness.interop.view import InitView
from harness.model.spec import CanarySpec
from harness.report.init_json import found
from harness.report.style import plain


def init(view: InitView) -> RenderableType:
    """Return what a person reads: each finding with its source, what is left, what to do next."""
    because = dict(found(view.draft))
    parts: list[RenderableType] = [
        _line(axis.name, ", ".join(axis.values), because.get(f"matrix.{axis.name}", "")) for axis in view.draft.axes
    ]
    for canary in view.draft.canaries:
        parts.append(plain(f"[{canary.name}]", "bold"))
        for key, value in _of_canary(canary):
            parts.append(_line(key, value, because.get(f"canary.{canary.name}.{key}", "")))
    parts += [Text("to look at: ", "yellow").append_text(plain(line)) for line in view.draft.left]
    if view.path is not None:
        name = (
            ""
            if view.path.name == "matrix.toml" and view.path.parent.name == ""
            else f" --matrix {shlex.quote(str(view.path))}"
        )
        parts.append(plain(f"wrote {view.path}", "green"))
        parts.append(plain(f"next: harness plan{name}   what would be run, what not and why"))
        parts.append(plain(f"      harness run{name}    run it"))
    return Group(*parts)


def _of_canary(canary: CanarySpec) -> list[tuple[str, str]]:
    project = canary.project
    if project is None:
        return [("settings", canary.settings)]
    known = [
        ("path", canary.path.as_posix()),
        ("install", ", ".join(project.install)),
        ("requires", ", ".join(canary.requires)),
        ("settings", canary.settings),
        ("command", "; ".join(" ".join(words) for words in project.commands)),
        ("cwd", "" if project.cwd == "." else project.cwd),
        ("inject", project.inject.value),
        ("env", ", ".join(name for name, _ in project.env)),
        ("pass_env", ", ".join(project.pass_env)),
    ]
    return [(key, value) for key, value in known if value]


def _line(key: str, value: str, because: str) -> Text:
    line = Text(f"  {key:<9} ", "cyan").append_text(plain(value))
    return line.append_text(plain(f"   {because}", "dim")) if because else line
