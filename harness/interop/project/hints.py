"""What files for CI, containers and other tools let on: read as text, believed last."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.version import Version

from harness.interop.project.files import Files, ini, lines
from harness.interop.project.metadata import parsed
from harness.model.spec import Engine

_IMAGE = re.compile(r"(?:image:|FROM)\s*[\"']?(?:[\w.-]+/)*(postgres|postgis|mysql|mariadb|python):(\d+(?:\.\d+)?)")
_PYTHON = re.compile(r"python-version:\s*(.+(?:\n\s+-\s*.+)*)")
_SET = r"^\s*(?:-\s+|export\s+)?{name}\s*[:=]\s*[\"']?([^\"'\n#]+?)[\"']?\s*$"
_ENV_FILES = (
    *(f".env.{ending}" for ending in ("test", "tests", "testing", "ci", "example", "sample", "dist", "template")),
    *("env.example", "example.env", ".env.local.example", ".envs/.local/.django"),
)
_RUNNERS = re.compile(
    r"(?:(?P<python>python[\d.]*(?:\s+-W\s*\S+|\s+-X\s*\S+)*)\s+)?"
    r"(?:coverage\s+run\s+(?:-\S+\s+)*|-m\s+coverage\s+run\s+(?:-\S+\s+)*)?"
    r"(?P<what>(?:-m\s+)?pytest\b|(?:\./)?[\w./-]*run_?tests\.py\b|(?:\./)?[\w./-]*manage\.py\s+test\b"
    r"|django-admin(?:\.py)?\s+test\b|-m\s+django\s+test\b|-m\s+unittest\b)(?P<rest>[^\n|&;#\"]*)"
)


def ci_files(files: Files) -> tuple[str, ...]:
    """Return the files that tell a CI service or a container engine what to do."""
    return tuple(path for path in files.paths if _is_ci(path))


def _is_ci(path: str) -> bool:
    name = path.rpartition("/")[2]
    is_yaml = name.endswith((".yml", ".yaml"))
    return (
        (is_yaml and path.startswith((".github/workflows/", ".circleci/")))
        or path
        in (".gitlab-ci.yml", ".travis.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".woodpecker.yml")
        or (is_yaml and path.count("/") <= 1 and "compose" in name)
        or (path.count("/") <= 3 and name.startswith("Dockerfile"))
    )


def server_version(files: Files, *engines: str) -> tuple[str, str]:
    """Return the highest version of a server's image that is named, and where; empty where none is."""
    found = [
        (match[2], path)
        for path in ci_files(files)
        for match in _IMAGE.finditer(files.text(path))
        if match[1] in engines
    ]
    return max(found, key=lambda item: Version(item[0]), default=("", ""))


def names_engine(files: Files, engine: Engine) -> str:
    """Return a file that speaks of an engine's image, empty if none does."""
    words = {Engine.POSTGRESQL: ("postgres", "postgis"), Engine.MYSQL: ("mysql",), Engine.MARIADB: ("mariadb",)}
    return server_version(files, *words.get(engine, ()))[1]


def pythons(files: Files) -> tuple[tuple[str, ...], str]:
    """Return the Pythons that a version file, CI or an image names, and where."""
    for path in (".python-version", "runtime.txt", ".tool-versions"):
        if found := re.search(r"(?:^|python[- ])(3\.\d+)", files.text(path), re.MULTILINE):
            return (found[1],), path
    for path in ci_files(files):
        texts = [match[1] for match in _PYTHON.finditer(files.text(path))]
        versions = {found for text in texts for found in re.findall(r"\b3\.\d+\b", text)}
        if versions:
            return tuple(sorted(versions, key=Version)), path
    found_in, path = server_version(files, "python")
    return ((found_in,), path) if re.fullmatch(r"3\.\d+", found_in) else ((), "")


def variable(files: Files, name: str) -> tuple[str, str]:
    """Return the value that an example of a ``.env``, tox.ini or a CI file gives a variable, and where."""
    for path in (*_ENV_FILES, "tox.ini", "tox.toml", *ci_files(files)):
        found = re.search(_SET.format(name=re.escape(name)), files.text(path), re.MULTILINE)
        if found and not re.search(r"[{}$<>]", found[1]):
            return found[1].strip(), path
    return "", ""


def tox_requirements(files: Files) -> tuple[str, ...]:
    """Return the requirements that tox.ini has for every environment that tests: those without a factor."""
    text = ini(files, "tox.ini").get("testenv", "deps", fallback="") or ""
    return tuple(line for line in lines(text) if "{" not in line and parsed(line) is not None)


def commands(files: Files) -> Iterator[tuple[str, str]]:
    """Yield (command, file) for each line that runs tests, cleaned of what belongs to its tool."""
    for path in ("tox.ini", "tox.toml", "noxfile.py", *ci_files(files), "Makefile", "justfile"):
        for match in _RUNNERS.finditer(_without_requirements(files, path)):
            python, what, rest = match["python"], match["what"], match["rest"]
            rest = re.sub(r"[{][^}]*[}]?|--testrunner[= ]\S+", "", rest)  # what a report needs, the probe replaces
            line = f"{what} {rest}".removeprefix("./")
            if what.startswith("-m") or (python and "pytest" in what) or what.endswith((".py", "test")):
                is_program = what.startswith("django-admin")
                line = line if is_program else f"python {line}"
            yield " ".join(line.split()).rstrip(" '\"\\"), path


def _without_requirements(files: Files, path: str) -> str:
    """Return a file's text; of tox.ini only what it runs, lest a requirement be taken for a command."""
    if path != "tox.ini":
        return re.sub(r"^.*\b(?:pip|uv|poetry|pdm)\s+(?:install|add)\b.*$", "", files.text(path), flags=re.MULTILINE)
    parser = ini(files, path)
    return "\n".join(
        parser.get(section, "commands", fallback="") or "" for section in parser.sections() if "testenv" in section
    )
