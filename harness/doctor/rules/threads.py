"""Causes that lie in threads: each has a connection of its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from harness.doctor.case import Case
from harness.doctor.finding import Clue, Confidence, Depth, Fix
from harness.doctor.marks import Site, changed, site_of
from harness.doctor.registry import rule
from harness.doctor.source import Function, functions, names_in
from harness.doctor.trouble import Trouble

LOCKED = re.compile(r"database (?:table |schema )?is locked(?:: (?P<table>\w+))?")
LOST = re.compile(r"Exception in thread|PytestUnhandledThreadExceptionWarning")
STARTERS = frozenset(
    "Thread Timer ThreadPoolExecutor ThreadPool start_new_thread run_in_executor to_thread sync_to_async".split()  # noqa: SIM905
)
"""What makes code run in another thread."""
LIVE = frozenset(["live_server", "LiveServerTestCase", "StaticLiveServerTestCase"])


@rule(
    "live-thread-sqlite-memory-lock",
    title="another thread asks the database while the test's transaction is open",
    depth=Depth.TEST,
    link="https://docs.djangoproject.com/en/stable/topics/testing/tools/#django.test.TransactionTestCase",
)
def live_thread_sqlite_memory_lock(case: Case) -> Iterator[Clue]:
    """A thread's own connection finds the tables of an open transaction locked, or none of its rows."""
    found: list[tuple[Trouble, Site, Function]] = []
    for trouble in case.troubles:
        site = site_of(case, trouble)
        if not is_locked(case, trouble) or site is None or site.is_transactional or "transactional_db" in _params(site):
            continue
        starter = starter_of(case, trouble, site)
        if starter is not None:
            found.append((trouble, site, starter))
    if not found:
        return
    trouble, site, starter = found[0]
    said = LOCKED.search(trouble.words) or LOCKED.search(case.run.output if case.run is not None else "")
    table = said["table"] if said and said["table"] else "a table"
    yield Clue(
        path=site.path,
        line=site.line,
        evidence=f"{trouble.id.rpartition('::')[2]} keeps its changes in an open transaction; {starter.name} "
        f"({starter.path}:{line_of_starter(starter)}) runs code in another thread, whose own connection to the same "
        f"SQLite database finds {table} locked.",
        fix=Fix(
            words="let the test commit: transaction=True, or run the code in the test's own thread",
            changes=changed(case, [(site, {"transaction": "True"}) for _, site, _ in found]),
        ),
        confidence=Confidence.HIGH if trouble.passes(starter.path) else Confidence.MEDIUM,
        is_explaining=True,
    )


def is_locked(case: Case, trouble: Trouble) -> bool:
    """Tell whether a failure is SQLite's word on a lock that another connection holds, or what a thread lost by it."""
    entry = case.database(trouble.alias or "default")
    if entry is not None and entry.vendor != "sqlite":
        return False
    output = case.run.output if case.run is not None else ""
    is_lost = LOST.search(output) is not None and LOCKED.search(output) is not None
    return LOCKED.search(trouble.words) is not None or (is_lost and trouble.type == "AssertionError")


def starter_of(case: Case, trouble: Trouble, site: Site) -> Function | None:
    """Return the function that starts a thread: among those that a failure passed, else in the files they lie in.

    A thread's own frames do not say who started it.
    """
    paths = dict.fromkeys([frame.file for frame in reversed(trouble.frames)] + [site.path])
    known = [item for path in paths for item in functions(case.tree, path) if line_of_starter(item)]
    passed = [item for item in known if trouble.passes(item.path, item.name)]
    if passed or known:
        return (passed or known)[0]
    every = (item for path in case.tree.python() if _may_start(case, path) for item in functions(case.tree, path))
    called = set[str]().union(*(names_in(item.node) for path in paths for item in functions(case.tree, path)))
    return next((item for item in every if item.name in called and line_of_starter(item)), None)


def line_of_starter(function: Function) -> int:
    """Return the line where a function starts a thread, 0 if it does not."""
    for node in ast.walk(function.node):
        is_name = isinstance(node, ast.Name) and node.id in STARTERS | LIVE
        if is_name or (isinstance(node, ast.Attribute) and node.attr in STARTERS):
            return int(getattr(node, "lineno", 0))
    return function.line if set(function.params) & LIVE else 0


def _may_start(case: Case, path: str) -> bool:
    text = case.tree.text(path)
    return any(word in text for word in STARTERS | LIVE)


def _params(site: Site) -> tuple[str, ...]:
    node = site.node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return tuple(item.arg for item in node.args.args)
    return ()
