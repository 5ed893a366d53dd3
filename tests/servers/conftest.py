"""A run's surroundings for real servers: binaries are kept between runs, everything else is this test's."""

import os
from pathlib import Path

import platformdirs
import pytest
import uv

from harness.databases import Context, offer
from harness.ledger import Ledger
from harness.model.server import Absent, Offer
from harness.model.spec import DatabaseSpec, Engine, ProviderName
from harness.process import Cancel


@pytest.fixture(scope="session")
def make_context(tmp_path_factory: pytest.TempPathFactory):
    def make(ledger: Ledger, environ: dict[str, str] | None = None) -> Context:
        return Context(
            cache=platformdirs.user_cache_path("harness"),
            scratch=tmp_path_factory.mktemp("scratch"),
            ledger=ledger,
            environ=dict(os.environ) if environ is None else environ,
            cancel=Cancel(),
            uv=uv.find_uv_bin(),
        )

    return make


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger.open(tmp_path / "ledger") as opened:
        yield opened


@pytest.fixture
def context(ledger: Ledger, make_context):
    return make_context(ledger)


@pytest.fixture(scope="session")
def embedded_offer(make_context, tmp_path_factory: pytest.TempPathFactory):
    """An embedded PostgreSQL 17; the tests fail where it cannot be had."""
    with Ledger.open(tmp_path_factory.mktemp("ledger")) as opened:
        spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version="17", providers=(ProviderName.EMBEDDED,))
        answer = offer(spec, context=make_context(opened))
        assert not isinstance(answer, Absent), answer.detail
        yield answer


@pytest.fixture(scope="session")
def embedded(embedded_offer: Offer):
    """One running embedded server, shared by the tests of a worker."""
    with embedded_offer.start(timeout_s=60) as server:
        yield server
