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

MEASURED = """## Measured

`python benchmarks/doctor.py tests/cases ENVIRONMENT/bin/python --versions django61 --every 3`:
each case's command, the doctor, `--fix --yes` in a copy and the command once more. Django 6.1.3, pytest-django 4.14.0,
pytest 9.2.0; every third of the projects under `tests/cases`, 59 of them, 14 of which are healthy (2026-11-22, two
cores that did other work as well):

| measure | value | needed |
|---|---|---|
| top-1 cause right | 45/45 (100 %) | 95 % |
| cause among findings | 45/45 (100 %) | 100 % |
| file right | 45/45 (100 %) | 95 % |
| false alarms on healthy projects | 0/14 | 0 |
| healed: the command exits 0 after `--fix --yes` | 38/45 (84 %) | 70 % |
| seconds beyond the project's own test time, median | 2.0 | 6 |
| seconds of the project's own, median | 1.5 | |
| seconds of `--static`, median | 1.4 (0.7 to 0.8 alone on the machine) | 1 |

Not healed are flags and variables of the caller, which no file holds, and roles that only a superuser can change; the
finding says what to type. `tests/cells/test_doctor_cases.py` looks at all of the projects, those with a record of what
was observed on Django 6.0 and 6.1.
"""


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
    return "\n".join([*parts, MEASURED])


if __name__ == "__main__":
    print(document(), end="")
