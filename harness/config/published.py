"""The JSON Schema of `matrix.toml`, for editors."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from harness.config.document import Document


class PlainSchema(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes of names: they say nothing and differ between its versions."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  (pydantic's signature)
        """Say no."""
        return False


def schema() -> str:
    """Return the JSON Schema as text, the same bytes each time."""
    plain: dict[str, Any] = Document.model_json_schema(schema_generator=PlainSchema)
    plain["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    plain["title"] = "matrix.toml"
    return json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
