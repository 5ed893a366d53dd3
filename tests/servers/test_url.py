"""A server of the user's own, for real: an embedded one plays it."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from harness.databases import offer
from harness.ledger import Ledger
from harness.model.owner import LIFETIME_H, new_token
from harness.model.server import Absent, Offer, Server
from harness.model.spec import DatabaseSpec, Engine, ProviderName

SPEC = DatabaseSpec(
    name="mine", engine=Engine.POSTGRESQL, version="17", providers=(ProviderName.URL,), url_env="MINE_DSN"
)


@pytest.fixture
def mine(embedded_offer: Offer) -> Iterator[Server]:
    """A server to itself, because sweeping looks at all of it."""
    with embedded_offer.start(timeout_s=60) as server:
        yield server


@pytest.fixture
def dsn(mine: Server) -> str:
    where = mine.administration.endpoint  # type: ignore[attr-defined]
    return f"postgresql://{where.user}:{quote(where.password)}@{where.host}:{where.port}/postgres"


def start(context):
    answer = offer(SPEC, context=context)
    assert not isinstance(answer, Absent), answer.detail
    return answer.start(timeout_s=10)


def test_a_lease_on_a_users_server_leaves_it_as_it_was(mine: Server, dsn: str, ledger: Ledger, make_context) -> None:
    """A role and databases named after the run come and go; the server runs on."""
    context = make_context(ledger, {"MINE_DSN": dsn})
    with start(context) as server:
        assert server.version == mine.version
        with server.lease("cell", ("default",)) as databases:
            entry = databases["default"]
            assert re.fullmatch(rf"harness_{ledger.owner}_cell_default", str(entry["NAME"]))
            assert mine.administration.roles() == (f"harness_{ledger.owner}_cell",)  # type: ignore[attr-defined]
            assert str(entry["PASSWORD"]) not in dsn
        assert mine.administration.roles() == ()  # type: ignore[attr-defined]
    assert mine.is_alive()


def test_only_what_is_over_is_swept(mine: Server, dsn: str, ledger: Ledger, tmp_path: Path, make_context) -> None:
    """Expired by its name, or dead by the ledger; a live run's and a stranger's stay."""
    administration = mine.administration  # type: ignore[attr-defined]
    expired = new_token(time.time() - (LIFETIME_H + 2) * 3600)
    elsewhere = new_token(time.time())
    with Ledger.open(tmp_path / "ledger") as live:
        roles = {owner: f"harness_{owner}_cell" for owner in (expired, elsewhere, live.owner)}
        for role in roles.values():
            administration.create(role, "secret", [f"{role}_default"])
        administration.create("harness_production", "secret", ["harness_production_db"])
        with live.databases("MINE_DSN"), start(make_context(ledger, {"MINE_DSN": dsn})):
            left = set(administration.roles())
        assert left == {roles[elsewhere], roles[live.owner], "harness_production"}


def test_a_dead_runs_databases_are_swept(mine: Server, dsn: str, ledger: Ledger, tmp_path: Path, make_context) -> None:
    """The ledger knows that the run is over long before its name expires."""
    administration = mine.administration  # type: ignore[attr-defined]
    dead = new_token(time.time())
    (tmp_path / "ledger" / f"{dead}.jsonl").write_text(
        f'{{"owner": "{dead}", "pid": 1, "ticks": "1", "boot": "another"}}\n'
        '{"add": 1, "what": ["databases", "MINE_DSN"]}\n'
    )
    administration.create(f"harness_{dead}_cell", "secret", [f"harness_{dead}_cell_default"])
    with start(make_context(ledger, {"MINE_DSN": dsn})):
        assert administration.roles() == ()
    assert not (tmp_path / "ledger" / f"{dead}.jsonl").exists()


def test_another_version_is_absent(mine: Server, dsn: str, ledger: Ledger, make_context) -> None:
    """A cell tests what it says: the user's server must be the one that the matrix names."""
    spec = DatabaseSpec(name="x", engine=Engine.POSTGRESQL, version="16", url_env="MINE_DSN")
    answer = offer(spec, context=make_context(ledger, {"MINE_DSN": dsn}), providers=(ProviderName.URL,))
    assert isinstance(answer, Absent)
    assert f"the server's version is {mine.version}, not 16" in answer.detail


def test_a_wrong_password_is_not_repeated(mine: Server, dsn: str, ledger: Ledger, make_context) -> None:
    """What the server says is passed on, what it was told is not."""
    wrong = re.sub(r":[^:@]+@", ":geheimnis@", dsn)
    answer = offer(SPEC, context=make_context(ledger, {"MINE_DSN": wrong}))
    assert isinstance(answer, Absent)
    assert "password authentication failed" in answer.detail
    assert "geheimnis" not in answer.detail
