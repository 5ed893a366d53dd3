"""Completes the draft that another tool's file gave with what the project's settings say of its databases."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from harness.interop.draft import Draft
from harness.interop.project.reach import Reach
from harness.model.cell import DATABASE
from harness.model.spec import CanarySpec, Engine, Injection, ProjectSpec

_REACHES = "${HARNESS_DB_"


def completed(draft: Draft, reached: Reach, settings: str, variables: Collection[str]) -> Draft:
    """Return the draft with *settings*, and with the way in which a cell's database reaches them, where it has none.

    *variables* are those that the settings read: a canary that sets one may choose its database by it.
    """
    chosen = {name for canary in draft.canaries if canary.project for name, _ in canary.project.env} & set(variables)
    needs_server = all(item.engine is not Engine.SQLITE for item in reached.databases)
    if needs_server and not chosen and not _names_servers(draft):
        draft = _on_servers(draft, reached)
    canaries = tuple(_connected(canary, draft, reached, settings) for canary in draft.canaries)
    return replace(
        draft,
        canaries=canaries,
        because=(*draft.because, *_because(draft.canaries, canaries, reached)),
        left=(*draft.left, *reached.left),
    )


def _names_servers(draft: Draft) -> bool:
    return any(item.engine is not Engine.SQLITE for item in draft.databases)


def _on_servers(draft: Draft, reached: Reach) -> Draft:
    """Return the draft on the databases that the settings need: the file names none."""
    names = tuple(item.name for item in reached.databases)
    axes = tuple(
        replace(axis, values=names, because=reached.because) if axis.name == DATABASE else axis for axis in draft.axes
    )
    canaries = tuple(replace(canary, databases=("*",)) for canary in draft.canaries)
    return replace(draft, axes=axes, databases=reached.databases, canaries=canaries, allow_build=reached.allow_build)


def _connected(canary: CanarySpec, draft: Draft, reached: Reach, settings: str) -> CanarySpec:
    project = canary.project
    if project is None or _is_told(project) or not _is_on_server(canary, draft):
        return canary
    module = canary.settings or settings
    if reached.inject is Injection.NONE and reached.env:
        project = replace(project, env=tuple(sorted({**dict(reached.env), **dict(project.env)}.items())))
    elif reached.inject is Injection.SETTINGS and module:
        project = replace(project, inject=Injection.SETTINGS)
    return replace(canary, project=project, settings=module, aliases=reached.aliases)


def _is_on_server(canary: CanarySpec, draft: Draft) -> bool:
    servers = {item.name for item in draft.databases if item.engine is not Engine.SQLITE}
    return bool(servers) if canary.databases == ("*",) else bool(servers & set(canary.databases))


def _is_told(project: ProjectSpec) -> bool:
    return project.inject is not Injection.NONE or any(_REACHES in value for _, value in project.env)


def _because(
    before: tuple[CanarySpec, ...], after: tuple[CanarySpec, ...], reached: Reach
) -> tuple[tuple[str, str], ...]:
    changed = [new for old, new in zip(before, after, strict=True) if old.project != new.project]
    return tuple(
        (f"canary.{canary.name}.inject", reached.inject_because)
        for canary in changed
        if canary.project is not None and canary.project.inject is Injection.SETTINGS
    )
