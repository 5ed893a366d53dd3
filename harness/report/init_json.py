"""What `harness init` found, as one JSON document."""

from __future__ import annotations

from dataclasses import dataclass

from harness.interop.draft import Draft
from harness.interop.view import InitView
from harness.model import codec


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDocument:
    """One value of the matrix, and where it was read."""

    key: str  # "matrix.django", "canary.shop.command"
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InitDocument:
    """What `harness init --json` prints."""

    path: str | None  # the file that was written; null if it was only shown
    toml: str  # what it holds
    found: tuple[FoundDocument, ...]
    left: tuple[str, ...]  # a line each: what could not be carried over, or is worth a look


def document(view: InitView) -> str:
    """Return the document's text."""
    return codec.dumps(
        InitDocument(
            path=None if view.path is None else str(view.path),
            toml=view.text,
            found=tuple(FoundDocument(key=key, because=because) for key, because in found(view.draft)),
            left=view.draft.left,
        )
    )


def found(draft: Draft) -> tuple[tuple[str, str], ...]:
    """Return (key, where it was read) for all that is known of it."""
    axes = tuple((f"matrix.{axis.name}", axis.because) for axis in draft.axes)
    return tuple((key, because) for key, because in (*axes, *draft.because) if because)
