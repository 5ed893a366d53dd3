"""The rules behind a run's failures as text."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from harness.analysis.explain.findings import CounterExample, Explanation, Rule, Standing
from harness.report.style import counted, glyph, plain

SHOWN = 3
"""Cells, pairs and alternatives shown of a rule unless everything is asked for."""


def explanation(found: Explanation, *, is_verbose: bool, command: str) -> RenderableType:
    """Return what a person reads. *command* begins the commands to copy."""
    if not found.rules:
        return Text(f"run {found.run}: no cell failed, there is nothing to explain")
    parts: list[RenderableType] = []
    for rule in found.rules:
        parts += [*_rule(rule, is_verbose=is_verbose), Text()]
    return Group(*parts, *_footer(found, command))


def _rule(rule: Rule, *, is_verbose: bool) -> list[RenderableType]:
    is_confirmed = rule.standing is Standing.CONFIRMED
    head = plain(rule.text, "bold").append(f"  {rule.standing.value}", "green" if is_confirmed else "yellow")
    signature = f"signature {rule.signature.id}" + (f", in {rule.signature.frame}" if rule.signature.frame else "")
    lines: list[RenderableType] = [
        head,
        plain(f"  {glyph(rule.state)} {rule.state.value} in {counted(len(rule.support), 'cell')}: ").append_text(
            plain(" ".join(rule.reason.split())[:300])
        ),
        plain(f"  {signature}", "dim"),
    ]
    limit = None if is_verbose else SHOWN
    lines += [plain(f"    {cell}", "dim") for cell in rule.support[:limit]]
    lines += _more(len(rule.support), limit, "cell")
    for example in rule.counter_examples[:limit]:
        lines.append(_counter_example(example))
    lines += _more(len(rule.counter_examples), limit, "counter-example")
    lines += [plain(f"  to confirm: {text}", "yellow") for text in rule.lacking]
    lines += [plain(f"  or: {text}", "yellow") for text in rule.alternatives[:limit]]
    lines += _more(len(rule.alternatives), limit, "alternative")
    return [*lines, *_what_to_do(rule, is_verbose=is_verbose)]


def _counter_example(example: CounterExample) -> Text:
    """Name the cell that passes, and the value that makes the difference."""
    failing, passing = (_value(cell, example.axis) for cell in (example.failing, example.passing))
    text = f"  passes with {example.axis} {passing} in place of {failing}: "
    return plain(text).append_text(plain(example.passing, "dim"))


def _value(cell: str, axis: str) -> str:
    return next((item.partition("=")[2] for item in cell.split(",") if item.startswith(f"{axis}=")), "")


def _more(count: int, limit: int | None, noun: str) -> list[RenderableType]:
    if limit is None or count <= limit:
        return []
    return [Text(f"    and {counted(count - limit, f'more {noun}')} (-v lists them)", "dim")]


def _what_to_do(rule: Rule, *, is_verbose: bool) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for number, remedy in enumerate(rule.remedies):
        where = f"   where {remedy.condition}" if remedy.condition else ""
        lines.append(plain(f"  {'require:' if not number else 'or:     '} {remedy.requirement}{where}"))
    if rule.issue:
        lines.append(plain(f"  issue: {rule.issue}"))
    if rule.declared:
        lines.append(plain(f"  declared: {rule.declared}", "cyan"))
    if is_verbose or not rule.declared:
        lines.append(Text("  to declare it in matrix.toml:"))
        lines += [plain(f"    {line}", "cyan") for line in rule.expect.splitlines()]
    return lines


def _footer(found: Explanation, command: str) -> list[RenderableType]:
    share = found.cells / found.product
    text = f"{counted(found.cells, 'cell')} of {found.product} ({share:.2%} of the full product)"
    if found.further:
        text += f", {found.further} of them run now to tell rules apart"
    if found.neither:
        text += f"; {found.neither} more said neither pass nor fail"
    if found.votes > 1:
        text += f"; decisive answers lead by {found.votes} executions"
    lines: list[RenderableType] = [plain(f"{text}  (run {found.run})", "dim")]
    is_open = any(rule.standing is Standing.CONSISTENT for rule in found.rules)
    if is_open and not found.limit:
        lines.append(plain(f"{command} --refine   to run the cells that tell rules apart", "dim"))
    elif is_open and found.further >= found.limit:
        lines.append(plain(f"{command} --refine {found.limit * 2}   to go on", "dim"))
    return lines
