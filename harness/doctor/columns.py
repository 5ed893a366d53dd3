"""Which model a missing column belongs to."""

from __future__ import annotations

import re

from harness.doctor.case import Case
from harness.doctor.inspection import Model
from harness.doctor.trouble import Trouble


def model_of_column(case: Case, trouble: Trouble) -> Model | None:
    """Return the loaded model whose column is said to be missing, None if no model has such a column."""
    column = trouble.column.lower()
    known = case.inspection.models if case.inspection is not None and column else ()
    having = [item for item in known if column in {name.lower() for name in item.columns} and not item.is_proxy]
    said = f"{trouble.words}\n{trouble.sql}".lower()
    named = [item for item in having if re.search(rf"(?<!\w){re.escape(item.table.lower())}(?!\w)", said)]
    prefixed = [item for item in named if f"{item.table.lower()}.{column}" in said.replace('"', "").replace("`", "")]
    return next(iter(prefixed or named), None)
