"""Says a rule in words that packaging tools and matrix.toml understand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.analysis.explain.lattice import Box, values
from harness.analysis.explain.scales import Chart, Scale
from harness.model.cell import PYTHON
from harness.model.condition import Condition, is_version_axis
from harness.model.plan import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """What a rule says of one axis."""

    axis: str
    text: str  # "django <5.2", "mode in (reuse-db, xdist)"
    terms: tuple[str, ...]  # as in `when`: one of them holds
    values: tuple[str, ...]  # requested values that it holds for, in order
    share: float  # of the axis's values


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A requirement that keeps clear of the failure."""

    requirement: str  # "pytest-django !=4.13.0"
    condition: str  # where it is needed: "django <5.2"; empty: everywhere


def predicates(chart: Chart, rule: Box) -> tuple[Predicate, ...]:
    """Return what the rule says, the most particular first."""
    made = [
        _predicate(scale, mask)
        for scale, mask in zip(chart.scales, rule, strict=True)
        if mask != (1 << len(scale.values)) - 1
    ]
    return tuple(sorted(made, key=lambda item: (item.share, item.axis)))


def sentence(made: Iterable[Predicate]) -> str:
    """Return the conjunction: ``pytest-django ==4.13.0 and django <5.2``."""
    return " and ".join(item.text for item in made) or "every cell"


def condition(made: Iterable[Predicate]) -> Condition:
    """Return the conjunction as a condition on cells."""
    return Condition(terms=tuple((item.axis, item.terms) for item in made))


def remedies(chart: Chart, rule: Box) -> tuple[Remedy, ...]:
    """Return a requirement for each package of the rule, the most particular predicate's first, Python's last.

    It admits every tested version that the rule leaves out, and none that it holds for.
    """
    made = predicates(chart, rule)
    masks = {scale.name: (scale, mask) for scale, mask in zip(chart.scales, rule, strict=True)}
    found = []
    for item in sorted(made, key=lambda one: one.axis == PYTHON):
        scale, mask = masks[item.axis]
        specifier = avoiding(scale, mask) if is_version_axis(item.axis) and scale.is_ordered else ""
        if specifier:
            rest = tuple(other for other in made if other.axis != item.axis)
            found.append(_remedy(item.axis, specifier, rest))
    return tuple(found)


def avoiding(scale: Scale, mask: int) -> str:
    """Return the specifier that the versions of *mask*, an interval, don't fulfil and all others do; "" for none."""
    bad = list(values(mask))
    low, high, last = bad[0], bad[-1], len(scale.values) - 1
    if (low, high) == (0, last):
        return ""
    rest = ~mask
    exact = ",".join(f"!={_exact(scale.firsts[number])}" for number in bad)
    options = [exact] if low == high else []
    if low == 0:
        options += [f">={text}" for text in _bounds(scale.firsts[high + 1])]
    elif high == last:
        options += [f"<{text}" for text in _bounds(scale.firsts[low])]
    options += [_without_series(scale, bad), exact]
    return next((text for text in options if _selects(text, scale, rest)), "")


def entry(made: Sequence[Predicate], *, state: str, reason: str, issue: str) -> str:
    """Return the ``[[expect]]`` entry of matrix.toml that declares the failure."""
    pairs = ", ".join(f"{item.axis} = {_terms(item.terms)}" for item in made)
    lines = ["[[expect]]", f"when = {{ {pairs} }}" if pairs else "when = {}"]
    lines += [f"state = {_quoted(state)}"] if state != "fail" else []
    lines.append(f"reason = {_quoted(reason)}")
    lines += [f"issue = {_quoted(issue)}"] if issue else []
    return "\n".join(lines)


def _terms(terms: tuple[str, ...]) -> str:
    return _quoted(terms[0]) if len(terms) == 1 else f"[{', '.join(map(_quoted, terms))}]"


def _quoted(text: str) -> str:
    """Return a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{_scalar(char):08x}" for char in escaped) + '"'


def _scalar(char: str) -> int:
    code = ord(char)
    return 0xFFFD if 0xD800 <= code < 0xE000 else code  # a lone surrogate is no scalar value: TOML has no word for it


def _remedy(axis: str, specifier: str, rest: Sequence[Predicate]) -> Remedy:
    if len(rest) == 1 and rest[0].axis == PYTHON and (marker := _marker(rest[0])):
        return Remedy(requirement=f"{axis} {specifier}; {marker}", condition="")
    return Remedy(requirement=f"{axis} {specifier}", condition=sentence(rest) if rest else "")


def _marker(python: Predicate) -> str:
    """Return an environment marker for a predicate on Python's series; an empty string where there is none."""
    if len(python.terms) != 1:
        return ""
    parts = []
    for item in SpecifierSet(python.terms[0]):
        series = item.version.removesuffix(".*")
        if len(Version(series).release) != 2:
            return ""
        parts.append(f"python_version {item.operator} '{series}'")
    return " and ".join(sorted(parts, reverse=True))


def _predicate(scale: Scale, mask: int) -> Predicate:
    inside = [scale.firsts[number] for number in values(mask)]
    requested = tuple(value.requested for number in values(mask) for value in scale.values[number])
    share = len(inside) / len(scale.values)
    if is_version_axis(scale.name) and scale.is_ordered:
        text = _interval(scale, mask)
        if text:
            return Predicate(axis=scale.name, text=f"{scale.name} {text}", terms=(text,), values=requested, share=share)
    outside = [value.requested for number, value in enumerate(scale.firsts) if not mask >> number & 1]
    if len(requested) == 1:
        said = f"=={requested[0]}"
    elif len(outside) == 1 and len(inside) > 2:
        said = f"!={outside[0]}"
    else:
        said = f"in ({', '.join(requested)})"
    terms = requested
    if is_version_axis(scale.name):  # a bare version would stand for its whole series
        exact = (value.exact for number in values(mask) for value in scale.values[number])
        pairs = zip(exact, requested, strict=True)
        terms = tuple(dict.fromkeys(f"=={version}" if version else name for version, name in pairs))
    return Predicate(axis=scale.name, text=f"{scale.name} {said}", terms=terms, values=requested, share=share)


def _interval(scale: Scale, mask: int) -> str:
    """Return a specifier that exactly the versions of *mask* fulfil among those of the axis; "" where there is none."""
    bad = list(values(mask))
    low, high, last = bad[0], bad[-1], len(scale.values) - 1
    if low == high:
        value = scale.firsts[low]
        series = [f"=={text}.*" for text in _bounds(value)[:1]] if scale.name == PYTHON else []
        options = [*series, f"=={_exact(value)}"]
    else:
        lows = [f">={text}" for text in _bounds(scale.firsts[low])] if low > 0 else [""]
        highs = [f"<{text}" for text in _bounds(scale.firsts[high + 1])] if high < last else [""]
        highs += [f"<={_exact(scale.firsts[high])}"]  # where what passes next is the final of a pre-release
        options = [",".join(filter(None, (one, two))) for one in lows for two in highs]
    return next((text for text in options if _selects(text, scale, mask)), "")


def _bounds(value: Value) -> list[str]:
    """Return how a version may be named as a bound: as it was asked for, where that is a series, then in full."""
    asked = value.requested.removeprefix("==")
    exact = _exact(value)
    try:
        is_series = Version(exact).release[: len(Version(asked).release)] == Version(asked).release
    except InvalidVersion:
        is_series = False
    return [asked, exact] if is_series and asked != exact else [exact]


def _exact(value: Value) -> str:
    return value.exact or value.requested.removeprefix("==")


def _without_series(scale: Scale, bad: Sequence[int]) -> str:
    """Return the versions excluded by their minor series, where nothing else was tested of it, else one by one."""
    exact = {number: _exact(value) for number, value in enumerate(scale.firsts)}
    series = {number: ".".join(map(str, Version(text).release[:2])) for number, text in exact.items()}
    mixed = {name for number, name in series.items() if number not in bad}
    parts = [f"!={exact[one]}" if series[one] in mixed else f"!={series[one]}.*" for one in bad]
    return ",".join(dict.fromkeys(parts))


def _selects(text: str, scale: Scale, mask: int) -> bool:
    """Tell whether exactly the versions of *mask* fulfil a specifier, as `Condition` reads it."""
    try:
        specifier = SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return all(
        specifier.contains(Version(_exact(value)), prereleases=True) == bool(mask >> number & 1)
        for number, equal in enumerate(scale.values)
        for value in equal
    )
