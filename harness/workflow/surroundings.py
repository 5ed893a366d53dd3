"""What providers of servers need around them, wherever cells are tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.databases import Context
from harness.ledger import Ledger
from harness.packages.uv import find_uv
from harness.process import Cancel

LEDGER = "ledger"
"""The folder of the cache in which running harnesses write down what they started."""


@contextmanager
def around(
    cache: Path, environ: Mapping[str, str], *, note: Callable[[str], None], cancel: Cancel
) -> Iterator[Context]:
    """Yield what providers need; sweep what dead runs left on this machine, and leave nothing behind.

    Raises:
        Infrastructure: the cache cannot be written.
        UsageError: there is no uv.
    """
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger.open(cache / LEDGER))
        for swept in ledger.swept:
            note(f"left by a run that died, now removed: {swept}")
        scratch = stack.enter_context(ledger.temporary("harness-"))
        scratch.chmod(0o711)  # an unprivileged server must be able to pass through
        yield Context(
            cache=cache, scratch=scratch, ledger=ledger, environ=environ, cancel=cancel, uv=str(find_uv(environ))
        )
