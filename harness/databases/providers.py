"""The table of providers, asked in order of preference."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from harness.databases import containers, embedded, sqlite, url
from harness.databases.context import Context
from harness.model.server import Absent, Offer
from harness.model.spec import DatabaseSpec, Engine, ProviderName

PROVIDERS: Mapping[ProviderName, Callable[[DatabaseSpec, Context], Offer | Absent]] = {
    ProviderName.SQLITE: sqlite.offer,
    ProviderName.DOCKER: containers.offer,
    ProviderName.EMBEDDED: embedded.offer,
    ProviderName.URL: url.offer,
}

DEFAULTS: Mapping[Engine, tuple[ProviderName, ...]] = {
    Engine.SQLITE: (ProviderName.SQLITE,),
    Engine.POSTGRESQL: (ProviderName.DOCKER, ProviderName.EMBEDDED),
    Engine.MARIADB: (ProviderName.DOCKER,),
    Engine.MYSQL: (ProviderName.DOCKER,),
}


def offer(spec: DatabaseSpec, *, context: Context, providers: tuple[ProviderName, ...] | None = None) -> Offer | Absent:
    """Return the first provider's offer for a database, or what each of them lacks.

    *providers* replaces the database's own list (``--provider``, ``--require``). Binaries are fetched and images
    pulled here, so that an offer can be kept and its identity is exact. It may be called for several databases at once.
    """
    asked = providers or spec.providers or DEFAULTS[spec.engine]
    absences: list[tuple[ProviderName, Absent]] = []
    for name in asked:
        answer = PROVIDERS[name](spec, context)
        if not isinstance(answer, Absent):
            return answer
        absences.append((name, answer))
    return Absent(
        detail="; ".join(f"{name.value}: {absent.detail}" for name, absent in absences),
        remedy=", or ".join(dict.fromkeys(absent.remedy for _, absent in absences if absent.remedy)),
    )
