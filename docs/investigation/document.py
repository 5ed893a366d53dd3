"""The document: what was observed, in the words of prose.toml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from docs.investigation.claims import checks, chosen, truth
from docs.investigation.rows import SEPARATOR, VARIED, Export, OwnFile, Row

T = TypeVar("T")
Trees = list[tuple[str, tuple[Row, ...]]]
"""The rows of a variant on each tree."""

HEADER = "<!-- Written by `nox -s investigation` out of docs/investigation: change what lies there, not this. -->"
_COLUMNS = (
    "attempt",
    "what was changed",
    "healthy tree",
    "empty tree",
    "set up by",
    "the tests ran on",
    "own SQLite file",
)
_NOTHING = "–"


def render(found: Export, prose: dict[str, Any]) -> str:
    """Return the whole page. ValueError where the prose speaks of cells that were not observed."""
    parts = [
        HEADER,
        f"# {prose['title']}",
        _line(prose["intro"]),
        f"**Answer.** {_line(prose['answer'])}",
        "## What was observed",
        _extent(found),
        _table(found.rows, prose),
        _line(prose["table_note"]),
        "## Why",
        "\n".join(f"- **{attempt['number']}**: {attempt['why']}" for attempt in prose["attempt"]),
        "## The claims",
        _claims(found.rows, prose),
        "## How it was asked",
        _line(prose["not_crossed"]),
        _line(prose["again"]),
    ]
    return "\n\n".join(parts) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())


def _extent(found: Export) -> str:
    axes = dict.fromkeys(axis for axis, _, _ in found.versions)
    words = [f"{axis} {', '.join(exact for name, _, exact in found.versions if name == axis)}" for axis in axes]
    databases = ", ".join(sorted({row.at[VARIED.index("database")] for row in found.rows}))
    return (
        f"{len(found.rows)} runs of cells: {'; '.join(words)}; databases {databases}; releases as of {found.as_of}."
        " `sqlite-name` is SQLite with a file as `NAME`, as most projects have it; PostgreSQL is embedded."
    )


# The table


def _table(rows: Sequence[Row], prose: dict[str, Any]) -> str:
    lines = [_cells(_COLUMNS), _cells(["---"] * len(_COLUMNS))]
    for attempt in prose["attempt"]:
        lines += [_cells([attempt["number"], *_variant(rows, variant)]) for variant in attempt["variant"]]
    return "\n".join(lines)


def _cells(words: Iterable[str]) -> str:
    return f"| {' | '.join(word.replace('|', chr(92) + '|') for word in words)} |"


def _variant(rows: Sequence[Row], variant: dict[str, Any]) -> list[str]:
    trees: Trees = [(tree, chosen(rows, variant, variant[tree])) for tree in ("healthy", "empty") if tree in variant]
    for tree, found in trees:
        if not found:
            raise ValueError(f"nothing was observed of {variant['what']}, {tree} tree")
    return [
        variant["what"],
        *(_outcome(dict(trees).get(tree, ())) for tree in ("healthy", "empty")),
        _by_tree(trees, _setter),
        _by_tree(trees, _ran_on),
        _by_tree(trees, _file),
    ]


def _outcome(rows: tuple[Row, ...]) -> str:
    """Say how cells ended, each difference with its place; the failure's words where one failed."""
    if not rows:
        return _NOTHING
    states = _split(rows, lambda row: row.facts.state)
    failures = _split([row for row in rows if row.facts.failure], lambda row: row.facts.failure)
    said = [f"**{state}** {len(part)} of {len(rows)}{_place(part, rows)}" for state, part in states]
    failing = [row for row in rows if row.facts.failure]
    said += [f"`{failure}`{_place(part, failing)}" for failure, part in failures]
    return ", ".join(said[: len(states)]) + "".join(f"<br>{word}" for word in said[len(states) :])


def _by_tree(trees: Trees, say: Callable[[Row], str]) -> str:
    """Say what holds of both trees once, and what differs with its tree or place."""
    words = {tree: _said(rows, say) for tree, rows in trees}
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return "<br>".join(f"{tree}: {word}" for tree, word in words.items())


def _said(rows: tuple[Row, ...], say: Callable[[Row], str]) -> str:
    parts = [(word, part) for word, part in _split(rows, say) if word]
    return ", ".join(f"{word}{_place(part, rows)}" for word, part in parts) or _NOTHING


def _setter(row: Row) -> str:
    return ", ".join(f"`{by.rpartition(' at ')[2]}`" for by in row.facts.set_up_by)


def _ran_on(row: Row) -> str:
    match row.facts.is_test_database:
        case None:
            return "nothing: no test ran"
        case True:
            return "a test database"
        case False:
            return "**the project's own database**"


def _file(row: Row) -> str:
    return "" if row.facts.own_file is None else _file_words(row.facts.own_file)


def _file_words(file: OwnFile) -> str:
    if not file.is_changed:
        return "as it was" if file.exists else "not even made"
    if not file.existed:
        return f"**made, with {file.tables} tables**"
    lost = ", ".join(f"{name} {before} → {after} rows" for name, before, after in file.rows_changed)
    return f"**changed: {lost or 'other contents'}**"


# What differs, and where


def _split(rows: Sequence[Row], key: Callable[[Row], T]) -> list[tuple[T, tuple[Row, ...]]]:
    """Return the rows by what is said of them, the most frequent first."""
    keys = list(dict.fromkeys(map(key, rows)))
    parts = [(one, tuple(row for row in rows if key(row) == one)) for one in keys]
    return sorted(parts, key=lambda pair: (-len(pair[1]), str(pair[0])))


def _place(part: Sequence[Row], whole: Sequence[Row]) -> str:
    """Say where a part of the rows lies: nothing for all of them, an axis's values if that is it, else each cell."""
    if len(part) == len(whole):
        return ""
    for index, axis in enumerate(VARIED):
        values = {row.at[index] for row in part}
        if len(part) == sum(row.at[index] in values for row in whole):
            return f" ({axis} {', '.join(sorted(values))})"
    return f" ({'; '.join(SEPARATOR.join(row.at) for row in part)})"


# The claims


def _claims(rows: Sequence[Row], prose: dict[str, Any]) -> str:
    lines = [_cells(["claim", "it is", "evidence"]), _cells(["---"] * 3)]
    for claim in prose["claim"]:
        found = checks(claim, rows)
        lines.append(
            _cells([claim["text"], f"**{truth(found).value}**", "<br>".join(check.sentence for check in found)])
        )
    return "\n".join(lines)
