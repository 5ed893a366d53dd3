"""Measures `harness doctor` over a folder of cases: the cause found, the file right, the project healed, how fast.

    python benchmarks/doctor.py tests/cases ENVIRONMENT/bin/python [--versions django61] [-k WORD] [--every N]

Projects on PostgreSQL get an embedded server. ``--versions django61`` where the environment has that Django.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

import cases as projects

BOUND_S = 600


@dataclass(kw_only=True)
class Result:
    """What came out for one case."""

    slug: str
    kind: str
    expected: list[str]
    found: list[str] = field(default_factory=list)
    file: str = ""
    is_file_right: bool = False
    is_healed: bool | None = None
    plain_s: float = 0.0  # the command alone
    doctor_s: float = 0.0
    static_s: float = 0.0
    static_found: list[str] = field(default_factory=list)
    trouble: str = ""

    @property
    def is_top(self) -> bool:
        """Tell whether the first finding is the cause."""
        return self.found[:1] == self.expected[:1]


def environment(python: Path, project: Path) -> dict[str, str]:
    """Return what a developer's shell would have, with the project's environment first on PATH."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("PYTHON", "PYTEST", "DJANGO", "VIRTUAL_ENV"))
    }
    kept["PATH"] = f"{python.parent}{os.pathsep}{kept.get('PATH', os.defpath)}"
    kept["PWD"] = str(project)
    return kept


def shell(command: str, cwd: Path, env: dict[str, str]) -> tuple[int, str, float]:
    """Run a line as a shell would; return exit code, output and seconds."""
    begun = time.monotonic()
    done = subprocess.run(
        command, shell=True, cwd=cwd, env=env, capture_output=True, text=True, timeout=BOUND_S, errors="replace"
    )
    return done.returncode, done.stdout + done.stderr, time.monotonic() - begun


def doctor(command: str, cwd: Path, env: dict[str, str], python: Path, *options: str) -> tuple[dict, str, float]:
    """Ask the doctor; return its document, its complaint if there is none, and seconds."""
    begun = time.monotonic()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "harness",
            "doctor",
            ".",
            "--python",
            str(python),
            "--json",
            *options,
            "--",
            *shlex.split(command),
        ],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=BOUND_S,
        errors="replace",
    )
    seconds = time.monotonic() - begun
    try:
        return json.loads(done.stdout.splitlines()[0]), "", seconds
    except (ValueError, IndexError):
        return {}, f"exit {done.returncode}: {done.stderr.strip()[-300:]}", seconds


def measure(folder: Path, python: Path, key: str, server: dict[str, str], *, is_static: bool) -> Result:
    """Measure one case."""
    case = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    expect = case["expect"] | (case.get(f"expect_{key}", {}) if key else {})
    is_broken = case["kind"] == "broken" and expect["exit"] != 0
    expected = [case["expected_cause"], *case["expected_also"]] if is_broken else []
    result = Result(slug=case["slug"], kind="broken" if is_broken else "healthy", expected=expected)
    with tempfile.TemporaryDirectory(prefix="doctor-") as top:
        project = Path(top) / "project"
        shutil.copytree(folder / "project", project)
        env = environment(python, project) | server | {str(k): str(v) for k, v in expect.get("env", {}).items()}
        for line in expect.get("setup", []):
            shell(line, project, env)
        plain = Path(top) / "plain" / "project"
        shutil.copytree(project, plain)
        code, output, result.plain_s = shell(expect["command"], plain, env)
        if code != expect["exit"]:
            result.trouble = f"not reproduced: exit {code}, not {expect['exit']}: {output[-200:]!r}"
        if is_static:
            said, _, result.static_s = doctor(expect["command"], project, env, python, "--static")
            result.static_found = [item["cause"] for item in said.get("findings", ())]
        before = _digest(project)
        said, complaint, result.doctor_s = doctor(expect["command"], project, env, python)
        result.trouble = result.trouble or complaint
        if _digest(project) != before:
            result.trouble = f"the project changed; {result.trouble}"
        result.found = [item["cause"] for item in said.get("findings", ())]
        if said.get("findings"):
            result.file = said["findings"][0]["path"] or said["findings"][0]["setting"]
            result.is_file_right = _is_file_right(case, said["findings"][0])
        if is_broken and said.get("findings"):
            doctor(expect["command"], project, env, python, "--fix", "--yes")
            mended = case.get("fixed", {}).get("command", "") if "instead" in said["findings"][0]["fix"] else ""
            result.is_healed = shell(mended or expect["command"], project, env)[0] == 0
    return result


def _is_file_right(case: dict, finding: dict) -> bool:
    """Tell whether the file (or setting) of the finding is one of those that the case names."""
    places = case.get("evidence", [])
    paths = {place.get("path", "") for place in places}
    settings = {place[key] for place in places for key in ("setting", "env", "variable") if place.get(key)}
    if finding["path"]:
        folder = finding["path"].rpartition("/")[0]
        return bool({finding["path"], folder or "."} & paths) or (not any(paths) and finding["setting"] in settings)
    return finding["setting"] in settings or bool({"(command line)", "(environment)", ""} & paths)


def _digest(project: Path) -> list[tuple[str, bytes]]:
    return [
        (str(path.relative_to(project)), path.read_bytes()) for path in sorted(project.rglob("*")) if path.is_file()
    ]


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("python", type=Path)
    parser.add_argument("--versions", default="", help="django61: use a case's expect_django61 where it has one")
    parser.add_argument("-k", default="", help="only cases whose slug contains one of these words")
    parser.add_argument("--every", type=int, default=1, help="only every so many of them")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-static", action="store_true")
    options = parser.parse_args()
    folders = [path.parent for path in sorted(options.cases.glob("*/case.toml"))]
    words = options.k.split(",")
    folders = [path for path in folders if any(word in path.name for word in words)][:: options.every]
    python = options.python.absolute()
    results = []
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="doctor-server-")))
        needs_server = any(projects.read(path)["database"] == "postgres" for path in folders)
        server = stack.enter_context(projects.postgresql(scratch)) if needs_server else {}
        pool = stack.enter_context(ThreadPoolExecutor(options.jobs))
        is_static = not options.no_static
        asked = [pool.submit(measure, path, python, options.versions, server, is_static=is_static) for path in folders]
        for job in asked:
            results.append(job.result())
            print(_line(results[-1]), flush=True)
    print(summary(results))
    if options.json:
        options.json.write_text(json.dumps([asdict(item) for item in results], indent=1), encoding="utf-8")
    return 0


def _line(item: Result) -> str:
    if item.kind == "healthy":
        mark = "ok" if not item.found else "ALARM"
    else:
        mark = "ok" if item.is_top else "among" if set(item.expected[:1]) <= set(item.found) else "MISS"
    healed = {True: "healed", False: "-", None: ""}[item.is_healed]
    file = "" if item.kind == "healthy" else "file" if item.is_file_right else "FILE?"
    return (
        f"{mark:6} {item.slug:42} {file:6} {healed:7} {item.plain_s:5.1f} {item.doctor_s:5.1f} {item.static_s:5.1f}  "
        f"{','.join(item.found)}{'  static:' + ','.join(item.static_found) if item.static_found else ''}"
        f"{'  ' + item.file if not item.is_file_right else ''}{'  !! ' + item.trouble if item.trouble else ''}"
    )


def summary(results: list[Result]) -> str:
    """Return the figures as a table."""
    broken = [item for item in results if item.kind == "broken"]
    healthy = [item for item in results if item.kind == "healthy"]

    def share(count: int, whole: list[Result]) -> str:
        return f"{count}/{len(whole)} ({count / len(whole):.0%})" if whole else "-"

    beyond = [item.doctor_s - item.plain_s for item in results]
    rows = [
        ("top-1 cause right", share(sum(item.is_top for item in broken), broken)),
        ("cause among findings", share(sum(set(item.expected) <= set(item.found) for item in broken), broken)),
        ("file right", share(sum(item.is_top and item.is_file_right for item in broken), broken)),
        ("false alarms on healthy projects", share(sum(bool(item.found) for item in healthy), healthy)),
        ("healed", share(sum(bool(item.is_healed) for item in broken), broken)),
        ("seconds beyond the project's own, median", f"{statistics.median(beyond):.1f}" if beyond else "-"),
        (
            "seconds of the project's own, median",
            f"{statistics.median(i.plain_s for i in results):.1f}" if results else "-",
        ),
        ("seconds of --static, median", f"{statistics.median(i.static_s for i in results):.1f}" if results else "-"),
    ]
    return "\n| measure | value |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows)


if __name__ == "__main__":
    sys.exit(main())
