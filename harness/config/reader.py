"""Reads a matrix file, or says everything that is wrong with it at once."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from harness.config.checks import check
from harness.config.convert import convert
from harness.config.document import Document
from harness.config.problems import join, phrase
from harness.errors import UsageError
from harness.model.spec import MatrixSpec

_REFERENCE = "docs/matrix.md describes every key; `harness config schema` prints the JSON Schema"


def load(path: Path, *, today: dt.date) -> MatrixSpec:
    """Read *path*; entries whose ``until`` lies before *today* are refused.

    Raises:
        UsageError: the file cannot be read, or what it says cannot mean anything. One message holds every problem:
            file, key, what is wrong and what may have been meant.
    """
    try:
        document = Document.model_validate(_parse(path))
    except ValidationError as error:
        raise UsageError(join(str(path), phrase(error)), remedy=_REFERENCE) from None
    problems = check(document, folder=path.parent, today=today)
    if problems:
        raise UsageError(join(str(path), problems), remedy=_REFERENCE)
    return convert(document, path=path)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file", remedy="name another with --matrix FILE") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", remedy="name a file with --matrix FILE") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 (byte {error.start})", remedy="save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: is not TOML: {error}", remedy="strings need quotes, lists brackets") from None
