"""Makes the draft of a matrix out of a project's tox file."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

import tomli_w

from harness import config
from harness.doctor.tree import Tree
from harness.errors import Infrastructure, UsageError
from harness.interop.draft import Draft
from harness.interop.tox import exported
from harness.interop.tox.ask import ask
from harness.interop.tox.draft import draft
from harness.interop.tox.environment import ToxFile
from harness.interop.tox.write import MATRIX
from harness.model.package import Release, Unresolvable
from harness.model.spec import MatrixSpec
from harness.packages import interpreters
from harness.packages.index import Index
from harness.packages.resolve import Resolver
from harness.packages.uv import Uv
from harness.process import Cancel
from harness.workflow.place import Place

_DAY = dt.timedelta(days=1)
"""How old the index's answer may be."""


def from_tox(file: Path, tree: Tree, place: Place, cancel: Cancel) -> Draft:
    """Return what tox says of *file* as a draft; *tree* are the files of the project, *place* that of the matrix to be.

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

    pythons = interpreters.find(place.cache, environ=place.environ, cancel=cancel)

    def resolve(requirements: tuple[str, ...], python: str, built: tuple[str, ...]) -> str:
        interpreter = interpreters.match(python, pythons)
        if interpreter is None:
            return ""
        resolver = Resolver(place.cache, uv=uv, as_of=now, allow_build=built)
        try:
            answer = resolver.lock(requirements, interpreter, cancel=cancel)
        except (UsageError, Infrastructure):  # the plan will say it
            return ""
        return answer.words if isinstance(answer, Unresolvable) else ""

    relative = os.path.relpath(tree.root.resolve(), place.matrix.parent.resolve())
    path = Path(Path(relative).as_posix())
    return draft(found, tree, releases, project=tree.root.resolve().name, path=path, resolve=resolve)


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
