"""Makes the draft of a matrix out of a project's tox file."""

from __future__ import annotations

import datetime as dt
import os
import re
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

import tomli_w

from harness import config
from harness.doctor import choice
from harness.doctor.case import Case, Chooser
from harness.doctor.case import Kind as CommandKind
from harness.doctor.pytest_config import join
from harness.doctor.tree import Tree
from harness.interop.draft import Draft
from harness.interop.project import metadata
from harness.interop.project.into_draft import Told
from harness.interop.project.reach import Reach
from harness.interop.project.series import pythons_supported
from harness.interop.tox import exported
from harness.interop.tox.ask import ask
from harness.interop.tox.commands import Kind, kind_of
from harness.interop.tox.draft import draft
from harness.interop.tox.environment import ToxFile
from harness.interop.tox.reaches import Known
from harness.interop.tox.write import MATRIX
from harness.model.package import Release
from harness.model.spec import MatrixSpec
from harness.packages.index import Index
from harness.packages.uv import Uv
from harness.process import Cancel
from harness.workflow.doctor_read import case_of
from harness.workflow.init_index import resolving
from harness.workflow.place import Place

_DAY = dt.timedelta(days=1)
"""How old the index's answer may be."""
_BY_VARIABLE = (Chooser.ENVIRONMENT, Chooser.INI)
"""Who names settings in a place that DJANGO_SETTINGS_MODULE takes precedence of."""
_DECIDES = re.compile(r"environ\[[^]]*DJANGO_SETTINGS_MODULE[^]]*\]\s*=[^=]|settings\.configure\(")


def from_tox(file: Path, tree: Tree, place: Place, cancel: Cancel, *, told: Told, reached: Reach) -> Draft:
    """Return what tox says of *file* as a draft; *tree* are the files of the project, *place* that of the matrix to be.

    *told* and *reached* are what the project itself says of its settings, and of how a database gets into them.

    Raises:
        UsageError: tox cannot read the file, no environment of it tests, or none can be carried over.
        Infrastructure: tox did not end, or the index gave no answer.
    """
    with tempfile.TemporaryDirectory(prefix="harness-tox-") as scratch:
        found = ask(file, scratch=Path(scratch), environ=place.environ, cancel=cancel)
        cells = exported.cells(found)
        if cells:
            spec = _matrix(found, Path(scratch), place.now().date())
            return exported.draft(spec, cells, place.matrix.parent.resolve())
    now = place.now()
    uv = Uv(cache=place.cache, environ=place.environ, project=place.matrix.parent, as_of=now, now=place.now)
    index = Index(place.cache, as_of=now - _DAY, urls=uv.urls, now=place.now)

    def releases(name: str) -> Sequence[Release]:
        return index.releases(name)

    relative = os.path.relpath(tree.root.resolve(), place.matrix.parent.resolve())
    path = Path(Path(relative).as_posix())
    return draft(
        found,
        tree,
        releases,
        project=metadata.read(tree).name or tree.root.resolve().name,
        path=path,
        resolve=resolving(place, cancel),
        known=known(tree, told, reached),
        supported=pythons_supported(now.date()),
    )


def known(tree: Tree, told: Told, reached: Reach) -> Known:
    """Return what the project in *tree* says of its settings."""

    def in_force(commands: Sequence[tuple[str, ...]], given: str, cwd: str) -> str:
        environ, folder = {choice.NAME: given} if given else {}, "" if cwd == "." else cwd
        tests = [words for words in commands if kind_of(words) is Kind.TEST]
        modules = {_replaceable(tree, case_of(tree, words, environ, cwd=folder), folder) for words in tests}
        return modules.pop() if len(modules) == 1 else ""

    return Known(
        in_force=in_force,
        module=told.settings,
        aliases=reached.aliases,
        is_told=bool(reached.env_because),
        env=reached.env,
    )


def _replaceable(tree: Tree, case: Case, cwd: str) -> str:
    """Return the settings module of a command run in *cwd*, "" where DJANGO_SETTINGS_MODULE would not change it."""
    command = case.command
    scripts = [tree.text(join(cwd, word)) for word in command.words if word.endswith(".py")]
    if command.kind is CommandKind.OTHER and not any(scripts):
        return ""  # make, a shell: nobody knows what they set
    is_ours = case.chosen.by in _BY_VARIABLE or (
        case.chosen.by is Chooser.MANAGE and command.kind is CommandKind.MANAGE
    )
    return case.chosen.module if is_ours and not any(map(_DECIDES.search, scripts)) else ""


def _matrix(found: ToxFile, scratch: Path, today: dt.date) -> MatrixSpec:
    """Return the matrix that a file has in it.

    Raises:
        UsageError: it has none, or one that cannot mean anything.
    """
    matrix = tomllib.loads(found.text).get(MATRIX, {})
    for table in matrix.get("canary", {}).values():
        for key in ("path", "overlay"):
            if key in table:
                table[key] = str(found.root / table[key])
    copy = scratch / "matrix.toml"
    copy.write_text(tomli_w.dumps(matrix), encoding="utf-8")
    return config.load(copy, today=today)
