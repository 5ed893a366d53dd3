"""The table of providers."""

import dataclasses
from pathlib import Path

from harness.databases import Context, offer
from harness.databases.providers import DEFAULTS, PROVIDERS
from harness.model.server import Absent
from harness.model.spec import DatabaseSpec, Engine, ProviderName


def test_every_provider_and_every_engine_is_in_its_table() -> None:
    """A new member of either enumeration cannot be forgotten."""
    assert set(PROVIDERS) == set(ProviderName)
    assert set(DEFAULTS) == set(Engine)


def test_an_absence_explains_each_provider_that_was_tried(context: Context, tmp_path: Path) -> None:
    """One clause a provider in the order asked, and what would help."""
    environ = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    spec = DatabaseSpec(
        name="my",
        engine=Engine.MYSQL,
        version="8.4",
        providers=(ProviderName.DOCKER, ProviderName.EMBEDDED, ProviderName.URL),
        url_env="MY_DSN",
    )
    answer = offer(spec, context=dataclasses.replace(context, environ=environ))
    assert isinstance(answer, Absent)
    assert answer.detail == (
        f"docker: no Docker engine answers at {tmp_path}/none.sock (No such file or directory); "
        "embedded: nothing embedded exists for mysql; url: $MY_DSN is not set"
    )
    assert "start Docker" in answer.remedy
    assert "set MY_DSN to a DSN" in answer.remedy


def test_the_list_given_overrides_the_database_s_own(context: Context) -> None:
    """What is required is asked alone."""
    spec = DatabaseSpec(name="pg", engine=Engine.POSTGRESQL, version="17", providers=(ProviderName.EMBEDDED,))
    answer = offer(spec, context=context, providers=(ProviderName.URL,))
    assert isinstance(answer, Absent)
    assert answer.detail == "url: the database names no variable"
