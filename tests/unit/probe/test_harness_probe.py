"""The parts of the probe, without a cell."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.model.protocol import parse
from harness.process import capture


def lines(folder: Path) -> list[dict[str, Any]]:
    """Return the events of the only file in *folder*."""
    (path,) = folder.glob("*.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


@pytest.fixture
def observer(probe: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A probe that writes to tmp_path/evidence, in the working directory tmp_path/project."""
    (tmp_path / "evidence").mkdir()
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return probe.Probe(probe.Sink(str(tmp_path / "evidence"), "1-main", 10_000), 1, "", "django")


# ---------------------------------------------------------------- the file


def test_a_sink_writes_one_ascii_line_per_event(probe: ModuleType, tmp_path: Path) -> None:
    """Control characters, NULs, lone surrogates and line ends stay inside of their line."""
    sink = probe.Sink(str(tmp_path), "1-gw0", 10_000)
    text = "a\n\r\x00\udc80\u2028é"
    sink.emit("note", {"text": text})
    sink.emit("note", {"text": object})
    assert (tmp_path / f"1-gw0-{os.getpid()}.jsonl").read_bytes().count(b"\n") == 2
    assert lines(tmp_path)[0] == {"e": "note", "text": text}


def test_a_sink_ends_with_cut_and_says_no_bye(probe: ModuleType, tmp_path: Path) -> None:
    """The limit holds to the byte, what was written before is kept, and the file does not look complete."""
    sink = probe.Sink(str(tmp_path), "1-main", 1000)
    for number in range(100):
        sink.emit("start", {"id": f"test_{number}"})
    sink.emit("bye", {"exit_status": 0})
    (path,) = tmp_path.glob("*.jsonl")
    assert path.stat().st_size <= 1000
    assert lines(tmp_path)[-1] == {"e": "cut", "limit": 1000}
    assert [event["e"] for event in lines(tmp_path)[:-1]] == ["start"] * (len(lines(tmp_path)) - 1)


def test_a_forked_child_writes_nothing(probe: ModuleType, tmp_path: Path) -> None:
    """The file is one process's: a child that goes on with the parent's work must not speak in it."""
    sink = probe.Sink(str(tmp_path), "1-main", 10_000)
    sink.emit("start", {"id": "before"})
    sink.getpid = lambda: sink.pid + 1  # as os.getpid answers in a child
    sink.emit("bye", {"exit_status": 0})
    sink.getpid = os.getpid
    sink.emit("start", {"id": "after"})
    assert [event["id"] for event in lines(tmp_path)] == ["before", "after"]


def test_a_full_disk_ends_the_evidence(probe: ModuleType, tmp_path: Path) -> None:
    """After a write that did not succeed nothing is said any more, bye least of all."""
    sink = probe.Sink(str(tmp_path), "1-main", 10_000)
    sink.emit("start", {"id": "kept"})
    write = sink.write

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    sink.write = full
    sink.emit("start", {"id": "lost"})
    sink.write = write
    sink.emit("bye", {"exit_status": 0})
    assert [event.get("id") for event in lines(tmp_path)] == ["kept"]


# ---------------------------------------------------------------- both ways in, without Django


def run(script: str, tmp_path: Path, probe_file: Path, *, is_wanted: bool = True) -> tuple[int, str]:
    """Run *script* behind the probe and return its exit code and output."""
    project, evidence = tmp_path / "project", tmp_path / "evidence"
    project.mkdir()
    evidence.mkdir()
    (project / "manage.py").write_text(script, encoding="utf-8")
    (project / "beside.py").write_text("", encoding="utf-8")
    env = {"HARNESS_EVIDENCE": str(evidence)} if is_wanted else {}
    command = [sys.executable, "-B", probe_file, "manage.py", "test", "--noinput"]
    done = capture(command, timeout_s=60, cwd=project, env={"PATH": os.environ["PATH"], **env})
    return done.code, done.stdout + done.stderr


SHOWS_WHERE_IT_IS = """
import json, sys, beside
print(json.dumps([__name__, sys.argv, sys.path[0], "django" in sys.modules, "harness_probe" in sys.modules]))
"""


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_script_runs_as_if_called_itself(tmp_path: Path, probe_file: Path, is_wanted: bool) -> None:
    """It is `__main__`, has its own arguments, and its folder is first on the path."""
    code, output = run(SHOWS_WHERE_IT_IS, tmp_path, probe_file, is_wanted=is_wanted)
    assert code == 0, output
    name, argv, first, has_django, has_probe = json.loads(output)
    assert (name, argv) == ("__main__", ["manage.py", "test", "--noinput"])
    assert Path(first).resolve() == (tmp_path / "project").resolve()
    assert (has_django, has_probe) == (False, False)
    assert bool(list((tmp_path / "evidence").iterdir())) is is_wanted


@pytest.mark.parametrize(
    ("script", "code", "status"),
    [
        ("pass", 0, 0),
        ("raise SystemExit(3)", 3, 3),
        ("raise SystemExit()", 0, 0),
        ("raise SystemExit('words')", 1, 1),
        ("raise LookupError('settings')", 1, 1),
        ("import os; os._exit(0)", 0, None),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", -11, None),
    ],
)
def test_bye_is_said_at_an_orderly_end_only(
    tmp_path: Path, probe_file: Path, script: str, code: int, status: int | None
) -> None:
    """The status said is the exit code; who leaves by another door says nothing, green exit code or not."""
    assert run(script, tmp_path, probe_file)[0] == code
    evidence = parse(path.read_text().splitlines() for path in (tmp_path / "evidence").iterdir())
    assert evidence.problems == ()
    assert evidence.processes[0].exit_status == status
    assert evidence.is_complete is (status is not None)


def test_what_ends_a_script_is_reported(tmp_path: Path, probe_file: Path) -> None:
    """An exception before any test has the id "(load)", and only the project's frames."""
    run("def boom():\n    raise LookupError('no settings')\nboom()", tmp_path, probe_file)
    evidence = parse(path.read_text().splitlines() for path in (tmp_path / "evidence").iterdir())
    (test,) = evidence.tests()
    assert (test.id, test.phase, test.outcome.value) == ("(load)", "load", "error")
    assert test.failure is not None
    assert (test.failure.type, test.failure.message) == ("builtins.LookupError", "no settings")
    assert [(frame.file, frame.line, frame.origin) for frame in test.failure.frames] == [
        ("manage.py", 3, "project"),
        ("manage.py", 2, "project"),
    ]


def test_no_place_to_write_to_is_no_reason_to_fail(
    probe: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the folder there is no evidence, and no exception."""
    monkeypatch.setenv("HARNESS_EVIDENCE", str(tmp_path / "missing"))
    assert probe._start("django", "") is None


# ---------------------------------------------------------------- one result per test


@pytest.mark.parametrize(
    ("phases", "outcome", "phase"),
    [
        ([("passed", "setup"), ("passed", "call"), ("passed", "teardown")], "passed", "call"),
        ([("error", "setup"), ("passed", "teardown")], "error", "setup"),
        ([("passed", "setup"), ("failed", "call"), ("error", "teardown")], "failed", "call"),
        ([("passed", "setup"), ("passed", "call"), ("error", "teardown")], "error", "teardown"),
        ([("skipped", "setup"), ("passed", "teardown")], "skipped", "setup"),
        ([("passed", "setup"), ("xfailed", "call"), ("passed", "teardown")], "xfailed", "call"),
        ([("passed", "setup"), ("xfailed", "call"), ("error", "teardown")], "error", "teardown"),
        ([("passed", "setup"), ("xpassed", "call"), ("passed", "teardown")], "xpassed", "call"),
        # subtests: reported as calls of their own before the test's
        ([("passed", "setup"), ("failed", "call"), ("passed", "call"), ("passed", "teardown")], "failed", "call"),
        ([("passed", "setup"), ("skipped", "call"), ("passed", "call"), ("passed", "teardown")], "passed", "call"),
    ],
)
def test_the_first_failing_phase_decides(
    probe: ModuleType, phases: list[tuple[str, str]], outcome: str, phase: str
) -> None:
    """Phases are merged into one outcome, and no later success covers a failure."""
    draft = probe.Draft("t.py::a")
    for done, when in phases:
        draft.settle(done, when)
    assert (draft.outcome, draft.phase) == (outcome, phase)


# ---------------------------------------------------------------- where things are


def test_places_are_relative_and_have_an_origin(observer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames name files without the folders of this machine."""
    store = tmp_path / "store" / "unpacked"
    monkeypatch.syspath_prepend(store)
    assert observer.place(str(tmp_path / "project" / "app" / "models.py")) == ("app/models.py", "project")
    assert observer.place("app/models.py") == ("app/models.py", "project")
    # an environment inside of the project is not the project
    inside = tmp_path / "project" / ".venv" / "lib" / "site-packages"
    assert observer.place(str(inside / "django" / "db.py")) == ("django/db.py", "django")
    assert observer.place(str(inside / "six.py")) == ("six.py", "six")
    # packages that come by a .pth file
    assert observer.place(str(store / "django" / "db.py")) == ("django/db.py", "django")
    assert observer.place(json.__file__) == ("json/__init__.py", "python")
    assert observer.place("<string>") == ("<string>", "python")


def test_a_function_is_found_behind_its_decorators(observer: Any, tmp_path: Path) -> None:
    """The place of a fixture is that of the function that was written."""
    source = (
        "import functools\n"
        "def wrap(f):\n"
        "    @functools.wraps(f)\n"
        "    def inner(): return f()\n"
        "    return inner\n"
        "@wrap\n"
        "def django_db_setup(): pass\n"
    )
    names: dict[str, Any] = {}
    exec(compile(source, str(tmp_path / "project" / "conftest.py"), "exec"), names)
    assert observer.where(names["django_db_setup"]) == "conftest.py:6"
    assert observer.where(print) == "?"


def test_a_failure_keeps_both_ends_of_what_is_long(observer: Any, probe: ModuleType) -> None:
    """Long messages, traces and tracebacks are cut in the middle; the frame that raised is kept."""

    def deep(left: int) -> None:
        if not left:
            raise ValueError("x" * 10_000 + "the end")
        deep(left - 1)

    try:
        deep(200)
    except ValueError as error:
        failure = observer.failure(type(error), error, error.__traceback__)
    assert failure["type"] == "builtins.ValueError"
    assert len(failure["message"]) < 4200
    assert failure["message"].endswith("the end")
    assert len(failure["trace"]) < 21_000
    assert len(failure["frames"]) == 60
    assert failure["frames"][0]["function"].startswith("test_a_failure")
    assert failure["frames"][-1]["function"] == "deep"


def test_an_exception_that_cannot_be_shown_is_still_reported(observer: Any) -> None:
    """Exceptions are foreign objects, too: what they raise when asked does not come through."""

    class RudeError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    failure = observer.failure(RudeError, RudeError(), None, trace="")
    assert failure["message"] == "(its message cannot be had: RuntimeError)"
    assert failure["type"].endswith("RudeError")


def test_observers_keep_their_failures_to_themselves(observer: Any, probe: ModuleType, tmp_path: Path) -> None:
    """A bug of the probe becomes a note; what is meant for the test, a time-out say, goes through."""

    class Observing:
        def __init__(self) -> None:
            self.probe = observer

        @probe._guarded
        def watch(self, error: BaseException) -> None:
            raise error

    Observing().watch(ZeroDivisionError("oops"))
    assert lines(tmp_path / "evidence") == [{"e": "note", "text": "Observing.watch: builtins.ZeroDivisionError: oops"}]
    with pytest.raises(KeyboardInterrupt):
        Observing().watch(KeyboardInterrupt())


# ---------------------------------------------------------------- versions really imported


@pytest.mark.parametrize(
    ("value", "version"),
    [
        ("6.1.3", "6.1.3"),
        ("2.9.9 (dt dec pq3 ext lo64)", "2.9.9"),
        ((1, 4, 6, "final", 0), "1.4.6"),
        ([5, 0], "5.0"),
        ("unknown", ""),
        ((), ""),
        (None, ""),
        (lambda: "1.0", ""),
    ],
)
def test_a_version_is_read_from_what_modules_call_one(probe: ModuleType, value: object, version: str) -> None:
    """Versions come as words, tuples and worse."""
    assert probe._version_word(value) == version


def install(site: Path, name: str, version: str, files: dict[str, str]) -> None:
    """Put a distribution into *site* as an installer does."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in [*files, f"{info.name}/METADATA,,"]))
    for file, text in files.items():
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed distributions, last on the path; what is imported from it is forgotten afterwards."""
    folder = tmp_path / "lib" / "site-packages"
    install(folder, "Quux_Lib", "2.0", {"quuxmodule/__init__.py": "__version__ = '1.9.stale'\n"})
    install(folder, "harness_single", "3.1", {"harness_single.py": "VERSION = (3, 1)\n"})
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    monkeypatch.setattr(sys, "modules", sys.modules.copy())
    return folder


def imported(observer: Any, *names: str) -> dict[str, dict[str, Any]]:
    """Return what the probe says of *names*."""
    observer.packages = list(names)
    observer.say_imported()
    return {item["name"]: item for item in observer.said["imported"]["packages"]}


def test_what_is_installed_and_not_imported_is_told_apart(observer: Any, site: Path) -> None:
    """A version that no process imported was not tested."""
    found = imported(observer, "quux-lib", "unheard-of")
    assert found["quux-lib"] == {"name": "quux-lib", "version": "2.0", "path": "", "is_imported": False}
    assert found["unheard-of"] == {"name": "unheard-of", "version": "", "path": "", "is_imported": False}


@pytest.mark.filterwarnings("error")
def test_a_module_that_warns_of_its_version_is_asked_all_the_same(observer: Any, site: Path) -> None:
    """Where a project makes such warnings errors, or the module raises by itself, its metadata is left."""
    warns = "import warnings\ndef __getattr__(name):\n    warnings.warn('going', DeprecationWarning)\n    return '9'\n"
    raises = "def __getattr__(name):\n    raise RuntimeError(name)\n"
    install(site, "harness_warns", "1.0", {"harness_warns.py": warns})
    install(site, "harness_raises", "1.0", {"harness_raises.py": raises})
    import harness_raises  # noqa: F401
    import harness_warns  # noqa: F401

    found = imported(observer, "harness-warns", "harness-raises", "quux-lib")
    assert {name: item["version"] for name, item in found.items()} == {
        "harness-warns": "1.0",
        "harness-raises": "1.0",
        "quux-lib": "2.0",
    }


def test_the_metadata_beside_the_module_decides(observer: Any, site: Path, tmp_path: Path) -> None:
    """A module's own word may be stale; the difference is noted."""
    import quuxmodule  # noqa: F401

    found = imported(observer, "quux-lib")["quux-lib"]
    assert (found["version"], found["is_imported"]) == ("2.0", True)
    assert found["path"].endswith("quuxmodule/__init__.py")
    assert "quux-lib calls itself 1.9.stale, its metadata 2.0" in [e.get("text") for e in lines(tmp_path / "evidence")]


def test_a_single_module_is_found_by_its_name(observer: Any, site: Path) -> None:
    """Distributions of one file have their metadata beside that file."""
    import harness_single  # noqa: F401

    assert imported(observer, "harness-single")["harness-single"]["version"] == "3.1"


def test_a_copy_elsewhere_cannot_pass_for_the_installed_one(
    observer: Any, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of the project that shadows an installed package is reported with its own version."""
    shadow = tmp_path / "project" / "quuxmodule"
    shadow.mkdir()
    (shadow / "__init__.py").write_text("__version__ = '0.1'\n")
    monkeypatch.setattr(sys, "path", [str(shadow.parent), *sys.path])
    import quuxmodule  # noqa: F401

    found = imported(observer, "quux-lib")["quux-lib"]
    assert found["version"] == "0.1"


def test_what_is_imported_late_is_said_again(observer: Any, site: Path, tmp_path: Path) -> None:
    """Drivers come with the first connection: the last word is the final one, and nothing is said twice."""
    imported(observer, "quux-lib")
    imported(observer, "quux-lib")
    import quuxmodule  # noqa: F401

    imported(observer, "quux-lib")
    events = [event for event in lines(tmp_path / "evidence") if event["e"] == "imported"]
    assert [event["packages"][0]["is_imported"] for event in events] == [False, True]


# ---------------------------------------------------------------- the project's own files


class Settings:
    """As much of Django's settings as is looked at."""

    def __init__(self, **databases: dict[str, Any]) -> None:
        self.DATABASES = databases


def sqlite(name: object) -> dict[str, Any]:
    """An entry of DATABASES."""
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name}


def write(path: Path, *statements: str) -> None:
    """Execute statements on a SQLite file."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_only_files_of_the_projects_own_are_looked_at(observer: Any, tmp_path: Path) -> None:
    """Neither databases in memory nor those on a server; a name is relative to where the tests run."""
    settings = Settings(
        default=sqlite("db.sqlite3"),
        elsewhere=sqlite(tmp_path / "other.sqlite3"),
        memory=sqlite(":memory:"),
        shared=sqlite("file:x?mode=memory&cache=shared"),
        server={"ENGINE": "django.db.backends.postgresql", "NAME": "shop"},
        nothing={},
    )
    observer.say_files(settings)
    seen = [(event["alias"], event["path"], event["exists"]) for event in lines(tmp_path / "evidence")]
    assert seen == [("default", "db.sqlite3", False), ("elsewhere", str(tmp_path / "other.sqlite3"), False)]


def test_what_the_tests_write_into_a_file_shows(observer: Any, tmp_path: Path) -> None:
    """Its content before and after, with tables and rows; nothing is left beside it."""
    path = tmp_path / "project" / "db.sqlite3"
    write(path, "CREATE TABLE users (id)", "INSERT INTO users VALUES (1)")
    observer.say_files(Settings(default=sqlite("db.sqlite3")))
    write(path, 'CREATE TABLE "odd ""name" (id)', "DELETE FROM users")
    observer.bye(0)
    before, after, _ = lines(tmp_path / "evidence")
    assert (before["when"], before["tables"]) == ("before", {"users": 1})
    assert (after["when"], after["tables"]) == ("after", {"users": 0, 'odd "name': 0})
    assert before["digest"] != after["digest"]
    assert [item.name for item in (tmp_path / "project").iterdir()] == ["db.sqlite3"]


def test_what_is_in_the_log_of_a_file_counts(probe: ModuleType, tmp_path: Path) -> None:
    """A commit that is still in the write-ahead log changes the digest."""
    path = tmp_path / "db.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE users (id)")
    before = probe._file_facts(str(path))["digest"]
    connection.execute("INSERT INTO users VALUES (1)")
    connection.commit()
    assert probe._file_facts(str(path))["digest"] != before
    connection.close()


def test_a_large_file_is_not_read(probe: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size and time stand for it."""
    path = tmp_path / "db.sqlite3"
    write(path, "CREATE TABLE users (id)")
    monkeypatch.setattr(probe, "FILE_LIMIT", 10)
    facts = probe._file_facts(str(path))
    assert facts["digest"] == f"{path.stat().st_size}-{path.stat().st_mtime_ns}"
    assert facts["tables"] == {}


def test_a_file_that_is_no_database_is_a_note(observer: Any, tmp_path: Path) -> None:
    """The cell is not disturbed."""
    (tmp_path / "project" / "db.sqlite3").write_text("not a database, but long enough to be taken for one" * 9)
    observer.say_files(Settings(default=sqlite("db.sqlite3")))
    assert [event["e"] for event in lines(tmp_path / "evidence")] == ["note"]
