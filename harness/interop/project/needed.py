"""The environment variables without which a project's settings cannot be imported."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from harness.interop.project import hints
from harness.interop.project.files import Files
from harness.interop.project.question import Ask, Question
from harness.interop.project.settings_chain import Chain
from harness.interop.project.variables import required

_SECRET = re.compile(r"SECRET|_KEY$|SALT")
_READS_FILE = re.compile(r"read_env|load_dotenv|from decouple|environs|dotenv")
_OF_PYTEST_ENV = re.compile(r"^\s*(?:[DR]:)*([A-Z][A-Z0-9_]*)\s*=", re.MULTILINE)
INVENTED = "only-for-tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """Variables with values, and those that only the user can give."""

    env: tuple[tuple[str, str], ...]
    pass_env: tuple[str, ...]
    because: tuple[str, ...]  # one phrase per variable of either
    left: tuple[str, ...]


def find(files: Files, chain: Chain, given: Collection[str], ask: Ask) -> Needed:
    """Return the variables that the settings need beside those *given*; what no file tells is asked for."""
    env: dict[str, str] = {}
    passed, because, left = [], [], []
    held = set(given) | _held(files, chain)
    for path in chain.paths:
        for variable in required(files.module(path)):
            if variable.name in held:
                continue
            held.add(variable.name)
            place = f"{path}:{variable.line} reads {variable.name}"
            value, where = hints.variable(files, variable.name)
            if where:
                place += f", {where} gives it"
            elif _SECRET.search(variable.name):
                value = INVENTED
            else:
                value = ask(Question(text=f"{place}: which value is good for tests? (empty: yours)", default=""))
            because.append(place)
            if value:
                env[variable.name] = value.replace("$", "$$")
            else:
                passed.append(variable.name)
                left.append(f"{place}, and no file gives it a value: export it, or write it to `env`")
    return Needed(env=tuple(env.items()), pass_env=tuple(passed), because=tuple(because), left=tuple(left))


def _held(files: Files, chain: Chain) -> set[str]:
    """Return the variables that a ``.env`` that the settings read gives, and those of pytest-env."""
    found: set[str] = set()
    texts = [files.text(path) for path in chain.paths]
    if any(_READS_FILE.search(text) for text in texts):
        folders = {"", *(path.rpartition("/")[0] for path in chain.paths)}
        for path in files.paths:
            folder, _, name = path.rpartition("/")
            if name == ".env" and any(known == folder or known.startswith(f"{folder}/") for known in folders):
                found |= set(re.findall(r"^\s*(?:export\s+)?(\w+)\s*=", files.text(path), re.MULTILINE))
    for path in ("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini"):
        text = files.text(path)
        if re.search(r"^\s*env\s*=", text, re.MULTILINE) and "pytest" in text:
            found |= set(_OF_PYTEST_ENV.findall(text.replace('"', "")))
    return found
