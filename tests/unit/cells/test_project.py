"""A project's files, their hash, and the copy that cells are made from."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import re
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cells import project
from harness.errors import Infrastructure, UsageError
from harness.model.package import Interpreter
from harness.model.spec import Change

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Returns a builder of projects: names and contents."""

    def build(files: dict[str, str], name: str = "seed") -> Path:
        root = tmp_path / name
        for path, content in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(content)
        return root

    return build


def names(root: Path) -> list[str]:
    """The project's files as words."""
    return [path.as_posix() for path in project.entries(root) if not (root / path).is_dir()]


# ---------------------------------------------------------------- files


@pytest.mark.parametrize("pipe", ["> run.log", "2> run.log", "| tee run.log", "| tee -a old.log > run.log"])
def test_our_own_output_is_none_of_it(make: Make, pipe: str) -> None:
    """Redirected or through a pipe into the project's folder: it grows while the project is read."""
    root = make({"a.py": "", "old.log": "of another day"})
    code = "import sys; from pathlib import Path; from harness.cells import project; import time; time.sleep(0.2)"
    code += "; print(*project.entries(Path.cwd()), file=open('../names', 'w'))"
    shell = f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} {pipe}"
    subprocess.run(["sh", "-c", shell], cwd=root, check=True, start_new_session=True)
    kept = {"a.py"} if "old.log" in pipe else {"a.py", "old.log"}
    assert set((root.parent / "names").read_text().split()) == kept


def test_files_are_those_that_lie_there_sorted(make: Make) -> None:
    """Git-ignored and hidden ones too: they are often the very cause (DESIGN rule 12)."""
    kept = {
        ".env": "SECRET=1",
        ".gitignore": "*.sqlite3\nsettings_local.py\n.env\n",
        "app/migrations/__init__.py": "",
        "build/lib.py": "",
        "db.sqlite3": "rows",
        "manage.py": "",
        "settings_local.py": "DEBUG = True",
    }
    assert names(make(dict(reversed(kept.items())))) == sorted(kept)


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".hg/store",
        ".svn/entries",
        ".tox/py312/x.py",
        ".nox/tests/x.py",
        ".venv/x.py",
        "venv/x.py",
        "__pycache__/a.cpython-312.pyc",
        "app/__pycache__/a.cpython-312.pyc",
        "app/.mypy_cache/x.json",
        ".pytest_cache/README.md",
        ".ruff_cache/x",
        ".hypothesis/examples/x",
        ".harness/store.sqlite",
        "node_modules/x/index.js",
        "old.pyc",
        "app/.git",
    ],
)
def test_version_control_caches_and_environments_are_no_part(path: str, make: Make) -> None:
    """Wherever they lie, whatever is in them; nor do they change the hash."""
    root = make({"manage.py": "", "app/models.py": ""})
    before = project.digest(root)
    make({path: "x"})
    assert names(root) == ["app/models.py", "manage.py"]
    assert project.digest(root) == before


def test_a_virtual_environment_is_known_by_its_configuration(make: Make) -> None:
    """By whatever name; a folder that is but called like one of its parts stays."""
    root = make({"py/pyvenv.cfg": "", "py/lib/site.py": "", "env/x.py": "", "lib/python3.12/y.py": ""})
    assert names(root) == ["env/x.py", "lib/python3.12/y.py"]


def test_links_are_followed(make: Make, tmp_path: Path) -> None:
    """To files and to folders, in the project or outside of it: a test may need what lies behind them."""
    root = make({"manage.py": "", "app/models.py": ""})
    outside = make({"users.json": "[]", ".git/config": "", "deep/more.json": "{}"}, "outside")
    (root / "fixtures").symlink_to(outside)
    (root / "again").symlink_to("app", target_is_directory=True)
    (root / "one.json").symlink_to(outside / "users.json")
    assert names(root) == [
        "again/models.py",
        "app/models.py",
        "fixtures/deep/more.json",
        "fixtures/users.json",
        "manage.py",
        "one.json",
    ]
    before = project.digest(root)
    (outside / "deep" / "more.json").write_text("{ }")
    assert project.digest(root) != before


def test_links_in_a_circle_end(make: Make, tmp_path: Path) -> None:
    """Upwards, beyond the project, to themselves, and two by two."""
    root = make({"a/x.py": "", "b/y.py": ""})
    make({"z.py": ""}, "beside")
    (root / "a" / "up").symlink_to(root)
    (root / "a" / "out").symlink_to(tmp_path)
    (root / "a" / "self").symlink_to("self")
    (root / "a" / "to_b").symlink_to(root / "b")
    (root / "b" / "to_a").symlink_to(root / "a")
    assert names(root) == ["a/to_b/y.py", "a/x.py", "b/to_a/x.py", "b/y.py"]


def test_what_has_no_content_is_left_out(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe would be read for ever, an editor's lock is a link to nothing, a socket is no file."""
    root = make({"manage.py": ""})
    os.mkfifo(root / "pipe")
    (root / ".#models.py").symlink_to("somebody@somewhere:1234")
    monkeypatch.chdir(root)  # the path of a socket has to be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert names(root) == ["manage.py"]
        assert project.digest(root)


# ---------------------------------------------------------------- digest


def test_the_digest_is_of_names_and_contents(make: Make) -> None:
    """Not of the project's own name, its place, or when it was written."""
    files = {"manage.py": "x", "app/a.py": "1"}
    one, two = make(files), make(files, "elsewhere/other")
    os.utime(one / "manage.py", (1, 1))
    assert project.digest(one) == project.digest(two)
    assert re.fullmatch(r"[0-9a-f]{16}", project.digest(one))


@pytest.mark.parametrize(
    "files",
    [
        {"manage.py": "y", "app/a.py": "1"},
        {"manage.py": "x", "app/b.py": "1"},
        {"manage.py": "x", "b/a.py": "1"},
        {"manage.py": "1", "app/a.py": "x"},
        {"manage.py": "x"},
        {"manage.py": "x", "app/a.py": "1", "empty": ""},
        {"manage.py": "x", "app/a.py": "1", ".env": "git-ignored"},
        {"manage.py": "x", "app/a.py": "1\n"},
    ],
)
def test_another_name_or_content_is_another_digest(files: dict[str, str], make: Make) -> None:
    """Each alone, and swapped."""
    assert project.digest(make({"manage.py": "x", "app/a.py": "1"})) != project.digest(make(files, "other"))


@pytest.mark.parametrize("content", ["b\x00c", "b\x001\x00c"])
def test_what_a_file_holds_is_not_taken_for_another_file(content: str, make: Make) -> None:
    """A content that reads like the next entry of the list."""
    assert project.digest(make({"a": content})) != project.digest(make({"a": "", "b": "c"}, "other"))


def test_a_name_that_is_no_utf_8_has_a_digest(make: Make) -> None:
    """As file systems allow."""
    root = make({"manage.py": ""})
    before = project.digest(root)
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.py")).write_text("")
    assert project.digest(root) != before


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that nobody can read, not even root")
def test_a_file_that_cannot_be_read_is_named(make: Make) -> None:
    """With what the system said."""
    root = make({"manage.py": ""})
    (root / "secret.py").symlink_to("/proc/self/mem")
    with pytest.raises(UsageError, match=r"cannot read .*/seed/secret\.py: Input/output error"):
        project.digest(root)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list any folder")
def test_a_folder_that_cannot_be_listed_is_named(make: Make) -> None:
    """It is not passed over."""
    root = make({"manage.py": "", "app/a.py": ""})
    (root / "app").chmod(0)
    try:
        with pytest.raises(UsageError, match=r"cannot read .*/seed/app\S*: Permission denied"):
            project.digest(root)
    finally:
        (root / "app").chmod(0o700)


def test_a_project_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It has no digest, rather than that of an empty one."""
    with pytest.raises(UsageError, match=r"cannot read .*/gone: No such file"):
        project.digest(tmp_path / "gone")


# ---------------------------------------------------------------- compiled copies


@pytest.fixture
def copy(tmp_path: Path, interpreter: Interpreter) -> Callable[[Path], Path]:
    """Returns a compiled copy of a project."""
    return lambda root: project.compiled_copy(root, project.digest(root), interpreter, tmp_path / "cache", timeout_s=60)


def test_a_copy_holds_the_project_and_its_bytecode(make: Make, copy: Callable[[Path], Path]) -> None:
    """Which is compiled for the interpreter that will read it, and nothing of what is no part of the project."""
    root = make({"manage.py": "print(1)", "app/models.py": "x = 1", ".env": "A=1", ".git/config": "", "old.pyc": ""})
    (root / "manage.py").chmod(0o755)
    made = copy(root)
    assert names(made) == [".env", "app/models.py", "manage.py"]
    assert (made / "app" / "models.py").read_text() == "x = 1"
    assert (made / "manage.py").stat().st_mode & 0o777 == 0o755
    compiled = Path(importlib.util.cache_from_source(str(made / "app" / "models.py")))
    assert compiled.is_file()
    assert not (made / ".git").exists()
    assert not (made / "old.pyc").exists()


def test_a_copy_is_apart_from_the_project(make: Make, copy: Callable[[Path], Path]) -> None:
    """Writing into it changes nothing of the user's, not even behind a link."""
    root = make({"manage.py": ""})
    outside = make({"users.json": "[]"}, "outside")
    (root / "fixtures").symlink_to(outside)
    (root / "one.json").symlink_to(outside / "users.json")
    made = copy(root)
    for name in ("fixtures/users.json", "one.json"):
        (made / name).write_text("spoilt")
    assert (outside / "users.json").read_text() == "[]"


def test_a_copy_is_made_once(make: Make, copy: Callable[[Path], Path]) -> None:
    """The second asking finds the first one's; it counts as used then, which `collect_copies` goes by."""
    root = make({"manage.py": ""})
    made = copy(root)
    (made / "mark").touch()
    os.utime(made, (1, 1))
    assert copy(root) == made
    assert (made / "mark").exists()
    assert made.stat().st_mtime > time.time() - 3600


def test_another_content_or_interpreter_is_another_copy(
    make: Make, copy: Callable[[Path], Path], interpreter: Interpreter, tmp_path: Path
) -> None:
    """The old one stays as it was."""
    root = make({"manage.py": ""})
    first = copy(root)
    other = dataclasses.replace(interpreter, build="another build")
    second = project.compiled_copy(root, project.digest(root), other, tmp_path / "cache", timeout_s=60)
    make({"manage.py": "x = 1"})
    third = copy(root)
    assert len({first, second, third}) == 3
    assert (first / "manage.py").read_text() == (second / "manage.py").read_text() == ""
    assert (third / "manage.py").read_text() == "x = 1"


def test_many_that_want_a_copy_at_once_get_one(make: Make, copy: Callable[[Path], Path]) -> None:
    """Made by one of them, whole before anybody sees it; no draft is left."""
    root = make({"manage.py": ""} | {f"app/m{number}.py": "x = 1\n" * 50 for number in range(20)})
    barrier, found, made = threading.Barrier(6, timeout=30), [], []

    def want() -> None:
        barrier.wait()
        folder = copy(root)
        found.append((names(folder), (folder / "app" / "__pycache__").is_dir()))
        made.append(folder)

    threads = [threading.Thread(target=want) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [(names(root), True)] * 6
    assert len(set(made)) == 1
    assert [path.name for path in made[0].parent.iterdir() if path.is_dir()] == [made[0].name]


def test_what_does_not_compile_is_copied_all_the_same(make: Make, copy: Callable[[Path], Path]) -> None:
    """The cell itself will say so, with evidence; an empty project is an empty copy."""
    assert names(copy(make({"broken.py": "def (:"}))) == ["broken.py"]
    empty = make({}, "empty")
    empty.mkdir()
    assert names(copy(empty)) == []


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that nobody can read, not even root")
def test_a_copy_that_cannot_be_made_is_infrastructure(make: Make, interpreter: Interpreter, tmp_path: Path) -> None:
    """It says nothing about the project; what and why is told, and no half of it is left to be taken for whole."""
    root = make({"a.py": ""})
    (root / "b.py").symlink_to("/proc/self/mem")
    with pytest.raises(Infrastructure, match=r"cannot copy .*/seed to .*/cache/canaries: Input/output error"):
        project.compiled_copy(root, "hash", interpreter, tmp_path / "cache", timeout_s=60)
    assert not [path for path in (tmp_path / "cache" / "canaries").iterdir() if path.is_dir()]


# ---------------------------------------------------------------- sizes and collection


def test_the_size_is_of_files_not_of_what_links_lead_to(make: Make, tmp_path: Path) -> None:
    """Bytes, hidden ones and caches too; a folder that is not there takes none."""
    root = make({"a": "x" * 100, "b/c": "x" * 50, ".cache/d": "x" * 5})
    plain = project.size_bytes(root)
    assert plain == 155
    big = make({"big": "x" * 100_000}, "outside")
    (root / "link").symlink_to(big)
    (root / "file").symlink_to(big / "big")
    assert plain <= project.size_bytes(root) < 1000
    assert project.size_bytes(tmp_path / "gone") == 0


def test_only_copies_long_unused_are_collected(make: Make, copy: Callable[[Path], Path], tmp_path: Path) -> None:
    """How many, and how many bytes, is told."""
    old, new = copy(make({"a.txt": "x" * 1000})), copy(make({"b.txt": ""}, "other"))
    now = time.time()
    os.utime(old, (now - 100, now - 100))
    assert project.collect_copies(tmp_path / "cache", older_than=now - 50, in_use=frozenset) == (1, 1000)
    assert [path for path in old.parent.iterdir() if path.is_dir()] == [new]
    assert names(new) == ["b.txt"]
    assert project.collect_copies(tmp_path / "cache", older_than=now - 50, in_use=frozenset) == (0, 0)
    assert project.collect_copies(tmp_path / "no cache", older_than=now, in_use=frozenset) == (0, 0)


def test_a_copy_that_a_live_run_uses_is_spared(make: Make, copy: Callable[[Path], Path], tmp_path: Path) -> None:
    """However old it is: the run says so before it takes it."""
    old = copy(make({"a.txt": ""}))
    os.utime(old, (1, 1))
    used: list[str] = []
    root = make({"a.txt": ""})
    one = Interpreter(
        path="python",
        version="3.12.1",
        implementation="CPython",
        build=old.name.rsplit("-", 1)[1],
        platform="linux",
        sqlite_version="3",
    )
    assert (
        project.compiled_copy(root, project.digest(root), one, tmp_path / "cache", timeout_s=1, use=used.append) == old
    )
    os.utime(old, (1, 1))
    assert project.collect_copies(tmp_path / "cache", older_than=9, in_use=lambda: frozenset(used)) == (0, 0)
    assert old.is_dir()


def test_a_project_that_changes_meanwhile_is_not_taken_for_the_one_hashed(
    make: Make, interpreter: Interpreter, tmp_path: Path
) -> None:
    """A copy under a hash that is not its own would answer for another project for ever."""
    root = make({"a.py": "x = 1"})
    before = project.digest(root)
    make({"a.py": "x = 2"})
    with pytest.raises(Infrastructure, match="changed while it was copied"):
        project.compiled_copy(root, before, interpreter, tmp_path / "cache", timeout_s=60)
    assert not [path for path in (tmp_path / "cache" / "canaries").iterdir() if path.is_dir()]


def test_empty_folders_and_the_execute_bit_belong_to_a_project(make: Make, copy: Callable[[Path], Path]) -> None:
    """A test may write into the one and run the other; both are part of the hash."""
    root = make({"tool.sh": "true"})
    plain = project.digest(root)
    (root / "media" / "empty").mkdir(parents=True)
    with_folder = project.digest(root)
    (root / "tool.sh").chmod(0o755)
    assert len({plain, with_folder, project.digest(root)}) == 3
    made = copy(root)
    assert (made / "media" / "empty").is_dir()
    assert os.access(made / "tool.sh", os.X_OK)


def test_a_tagged_cache_is_no_part_of_a_project(make: Make) -> None:
    """Whatever its name: the harness's own may lie in the project."""
    root = make({"manage.py": "", "my-cache/CACHEDIR.TAG": "", "my-cache/canaries/x/manage.py": ""})
    assert names(root) == ["manage.py"]


# ---------------------------------------------------------------- scenarios

SEED = {
    "app/migrations/0001_initial.py": "1",
    "app/migrations/__init__.py": "",
    "app/models.py": "m",
    "pytest.ini": "i",
}


def contents(root: Path, *changes: Change) -> dict[str, str]:
    """The changed tree's files."""
    return {
        name.as_posix(): source.read_text() for name, source in project.listing(root, changes) if not source.is_dir()
    }


def test_an_overlay_replaces_and_adds(make: Make) -> None:
    """Its files are laid over those of the same name; the rest stays as it is."""
    overlay = make({"pytest.ini": "other", "app/extra/new.py": "n"}, "overlay")
    assert contents(make(SEED), Change(overlay=overlay)) == SEED | {"pytest.ini": "other", "app/extra/new.py": "n"}


def test_what_a_pattern_names_is_removed(make: Make) -> None:
    """A folder goes with all that is in it; patterns see the names that an overlay before them has brought."""
    seed, overlay = make(SEED), make({"app/migrations/0002_more.py": "2"}, "overlay")
    without = {name: text for name, text in SEED.items() if "0001" not in name}
    assert contents(seed, Change(overlay=overlay, remove=("*/migrations/0*.py",))) == without
    assert contents(seed, Change(remove=("app/migrations",))) == {"app/models.py": "m", "pytest.ini": "i"}


def test_changes_are_made_one_after_the_other(make: Make) -> None:
    """What a base removes, a scenario may put back."""
    seed, overlay = make(SEED), make({"pytest.ini": "back"}, "overlay")
    assert contents(seed, Change(remove=("pytest.ini",)), Change(overlay=overlay))["pytest.ini"] == "back"


def test_a_pattern_that_names_nothing_is_refused(make: Make) -> None:
    """The scenario would be the canary itself, and its answer a lie."""
    with pytest.raises(UsageError, match=r"nothing in .*seed is called '\*/migratons/\*'"):
        project.listing(make(SEED), (Change(remove=("*/migratons/*",)),))


def test_a_changed_tree_is_hashed_and_copied_as_what_it_is(
    make: Make, tmp_path: Path, interpreter: Interpreter
) -> None:
    """It has the hash of a project that lies there so, and the project's own folder stays as it is."""
    seed, overlay = make(SEED), make({"pytest.ini": "other"}, "overlay")
    changes = (Change(overlay=overlay, remove=("app/migrations/0*.py",)),)
    alike = make({"app/migrations/__init__.py": "", "app/models.py": "m", "pytest.ini": "other"}, "alike")
    hashed = project.digest(seed, changes)
    assert hashed == project.digest(alike) != project.digest(seed)
    copy = project.compiled_copy(seed, hashed, interpreter, tmp_path / "cache", timeout_s=60, changes=changes)
    assert project.digest(copy) == hashed
    assert contents(seed) == SEED
