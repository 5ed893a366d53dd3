"""Which addresses of clusters are taken."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.workflow.join import parse


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("dask://localhost:8786", "localhost:8786"),
        ("dask://10.0.0.7:1", "10.0.0.7:1"),
        ("dask://[::1]:8786", "[::1]:8786"),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, place: str) -> None:
    """As Dask's own addresses."""
    assert parse(text) == place


@pytest.mark.parametrize(
    "text",
    [
        *("", "dask", "localhost:8786", "tcp://localhost:8786", "dask://localhost", "dask://:8786"),
        *("dask://localhost:x", "dask://localhost:99999", "dask://localhost:8786/path", "dask://me@localhost:8786"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """With an example of what is meant."""
    with pytest.raises(UsageError, match="dask://HOST:PORT"):
        parse(text)
