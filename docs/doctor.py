"""Prints docs/doctor.md: a section for every cause that `harness doctor` knows, from the rules themselves.

python docs/doctor.py > docs/doctor.md
"""

from __future__ import annotations

import inspect

from harness.doctor.finding import Depth
from harness.doctor.registry import Rule, table

HEAD = """# What `harness doctor` looks for

Why the tables of a Django test database are missing, or its set-up fails: a section per cause, under the identifier
that `--json` gives. At most one finding is called the cause: the deepest one that would still make the command fail if
the others were mended. The others are "also". The sections are in order of depth, the deepest first.

`path` is relative to the project; `(environment)` and `(command line)` stand for what is in no file.
"""

DEPTHS = {
    Depth.MIGRATIONS: "What is to make the tables",
    Depth.CODE: "Code at the wrong time",
    Depth.SETTINGS: "Settings",
    Depth.LEFT_OVER: "Left behind by an earlier run",
    Depth.TEST: "Tests and fixtures",
    Depth.RUNNER: "Configuration of pytest",
    Depth.OPTION: "Options",
}


def section(rule: Rule) -> str:
    """Return one cause's section."""
    words = inspect.cleandoc(rule.check.__doc__ or "")
    title = rule.title[:1].upper() + rule.title[1:]
    return f"### {rule.cause}\n\n{title}. {words}\n\nMore: <{rule.link}>\n"


def document() -> str:
    """Return the whole page."""
    rules = table().values()
    parts = [HEAD]
    for depth, heading in DEPTHS.items():
        own = [section(rule) for rule in rules if rule.depth is depth]
        if own:
            parts += [f"## {heading}\n", *own]
    return "\n".join(parts)


if __name__ == "__main__":
    print(document(), end="")
