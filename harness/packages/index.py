"""Asks the package index which releases there are."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.errors import IndexUnreachable, UsageError, nearest
from harness.model.package import Release
from harness.packages.files import read_if_there, write_whole
from harness.packages.index_urls import IndexUrl, IndexUrls

if TYPE_CHECKING:  # both are slow to import, and not needed where the cache knows the answer
    import requests
    from pypi_simple import DistributionPackage

SCHEME = 1
ATTEMPTS = 3
CONNECT_S, READ_S = 5.0, 30.0
WELL_KNOWN = (  # noqa: SIM905  a list would take thirty lines
    "celery channels django django-allauth django-cors-headers django-debug-toolbar django-extensions django-filter"
    " django-tenants djangorestframework factory-boy hypothesis model-bakery mysqlclient psycopg psycopg-binary"
    " psycopg2 psycopg2-binary pymysql pytest pytest-asyncio pytest-cov pytest-django pytest-mock pytest-randomly"
    " pytest-xdist wagtail"
).split()


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    tag: str  # "py3-none-any"; empty for a source distribution
    uploaded: str  # ISO 8601; sorts by time
    requires_python: str


_Known = tuple[tuple[str, tuple[_File, ...]], ...]
"""Versions in order, each with the files that are not yanked."""


class Index:
    """The package index as it was at the as-of date. Safe to share among threads.

    What it answers is kept below *cache* and used without the network when it was fetched after the as-of date
    (what was uploaded since is left out anyway), whichever address it came from if that in use does not answer.
    """

    def __init__(
        self,
        cache: Path,
        *,
        as_of: dt.datetime,
        urls: IndexUrls,
        now: Callable[[], dt.datetime],
        renewed: Mapping[str, dt.datetime] | None = None,
        refresh: bool = False,
    ) -> None:
        """Prepare to ask; nothing is fetched yet. Packages that are *renewed* have a date of their own; *refresh* asks
        the network even for what is known."""
        self._folder, self._as_of, self._urls, self._now = cache / "index", as_of, urls, now
        self._renewed = dict(renewed or {})
        self._asked_anew = now() if refresh else None
        self._releases: dict[str, tuple[Release, ...]] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._down: IndexUnreachable | None = None

    def releases(self, name: str, *, known_names: Iterable[str] = ()) -> tuple[Release, ...]:
        """Return the releases of a package that are not yanked and had a file by the as-of date, oldest first.

        *known_names* are offered, with well-known packages, as what an unknown *name* may have meant.

        Raises:
            UsageError: the index knows no such package, or does not say when files were uploaded.
            IndexUnreachable: it gave no answer, nor has it lately.
        """
        name = str(canonicalize_name(name))
        with self._locks[name]:
            if name not in self._releases:
                self._releases[name] = self._as_of_date(name, self._known(name, known_names))
            return self._releases[name]

    def _known(self, name: str, known_names: Iterable[str]) -> _Known:
        path = self._folder / f"{name}.json"
        address = _digest(self._urls)
        remembered = _read(path)
        not_before = self._asked_anew or self._date(name)
        usable = remembered is not None and dt.datetime.fromisoformat(remembered["fetched"]) >= not_before
        if usable and remembered is not None and remembered["index"] == address:
            return _from_plain(remembered["releases"])
        fetched = self._now().astimezone(dt.UTC)
        try:
            known = self._fetch(name, known_names)
        except IndexUnreachable:
            if usable and remembered is not None:
                return _from_plain(remembered["releases"])
            raise
        plain = {"scheme": SCHEME, "index": address, "fetched": fetched.isoformat(), "releases": _to_plain(known)}
        write_whole(path, json.dumps(plain, separators=(",", ":")))
        return known

    def _fetch(self, name: str, known_names: Iterable[str]) -> _Known:
        if self._down is not None:
            raise self._down  # asking a dead index again for every package would cost a time-out each
        if self._urls.is_offline:
            raise IndexUnreachable(f"the releases of {name} are not known, and UV_OFFLINE forbids to ask the index")
        from pypi_simple import PYPI_SIMPLE_ENDPOINT

        default = self._urls.default or IndexUrl(name="pypi", address=PYPI_SIMPLE_ENDPOINT)
        for url in (*self._urls.extra, default):
            try:
                files = _project_files(url, name)
            except IndexUnreachable as error:
                self._down = error
                raise
            if files is not None:
                return _by_version(name, files, url)
        raise UsageError(f"the index knows no package {name!r}{nearest(name, [*known_names, *WELL_KNOWN])}")

    def _date(self, name: str) -> dt.datetime:
        return self._renewed.get(name, self._as_of)

    def _as_of_date(self, name: str, known: _Known) -> tuple[Release, ...]:
        limit = self._date(name).astimezone(dt.UTC).isoformat()
        releases = []
        for version, files in known:
            there = [file for file in files if file.uploaded <= limit]
            if there:
                wheels = [file for file in there if file.tag]
                releases.append(
                    Release(
                        name=name,
                        version=version,
                        requires_python=(wheels or there)[0].requires_python,
                        wheel_tags=tuple(dict.fromkeys(file.tag for file in wheels)),
                        has_sdist=len(wheels) < len(there),
                        uploaded=dt.datetime.fromisoformat(min(file.uploaded for file in there)),
                    )
                )
        return tuple(releases)


def _project_files(url: IndexUrl, name: str) -> list[DistributionPackage] | None:
    """Return what one index holds of a package, None where it has no such package."""
    import requests
    import stamina
    from pypi_simple import ACCEPT_JSON_PREFERRED, PyPISimple

    # its retries are told in the error at the end; without a handler, Python would print them
    logging.getLogger("stamina").addHandler(logging.NullHandler())
    transient = (requests.ConnectionError, requests.Timeout)
    try:
        with PyPISimple(url.with_credentials, accept=ACCEPT_JSON_PREFERRED) as client:
            for attempt in stamina.retry_context(
                on=transient, attempts=ATTEMPTS, timeout=20, wait_initial=0.2, wait_jitter=0.2
            ):
                with attempt:
                    answer = client.s.get(
                        client.get_project_url(name),
                        headers={"Accept": ACCEPT_JSON_PREFERRED},
                        timeout=(CONNECT_S, READ_S),
                    )
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return _parse(answer, name)
    except requests.RequestException as error:
        reason = f"HTTP {error.response.status_code}" if error.response is not None else type(error).__name__
        raise IndexUnreachable(
            f"the package index {url.address} gave no answer about {name}: {reason}",
            remedy="check the network, and the index that UV_DEFAULT_INDEX or uv.toml names",
        ) from error


def _parse(answer: requests.Response, name: str) -> list[DistributionPackage]:
    """Read a project's page; HTML pages may tell upload times in an attribute that pypi-simple leaves aside."""
    import dataclasses

    from pypi_simple import DistributionPackage, ProjectPage, UnsupportedContentTypeError, UnsupportedRepoVersionError
    from pypi_simple.html import RepositoryPage

    try:
        if "json" in answer.headers.get("content-type", ""):
            return ProjectPage.from_response(answer, name).packages
        files = []
        for link in RepositoryPage.from_html(answer.text, base_url=answer.url).links:
            file = DistributionPackage.from_link(link, name)
            time = link.get_str_attrib("data-upload-time")
            files.append(dataclasses.replace(file, upload_time=dt.datetime.fromisoformat(time)) if time else file)
    except (ValueError, UnsupportedContentTypeError, UnsupportedRepoVersionError) as error:
        raise UsageError(f"the package index answers about {name} what nobody can read: {error}") from error
    return files


def _by_version(name: str, files: Iterable[DistributionPackage], url: IndexUrl) -> _Known:
    versions: defaultdict[Version, list[_File]] = defaultdict(list)
    seen = timed = 0
    for file in files:
        try:
            version = Version(file.version or "")
        except InvalidVersion:
            continue  # of an old time; uv does not install it either
        seen += 1
        timed += file.upload_time is not None
        if file.is_yanked or file.upload_time is None or file.package_type not in ("wheel", "sdist"):
            continue
        tag = "-".join(file.filename.removesuffix(".whl").split("-")[-3:]) if file.package_type == "wheel" else ""
        uploaded = file.upload_time if file.upload_time.tzinfo else file.upload_time.replace(tzinfo=dt.UTC)
        uploaded = uploaded.astimezone(dt.UTC).replace(microsecond=0)
        versions[version].append(
            _File(tag=tag, uploaded=uploaded.isoformat(), requires_python=file.requires_python or "")
        )
    if seen and not timed:
        raise UsageError(
            f"the package index {url.address} does not say when the files of {name} were uploaded,"
            " so what was there by the as-of date is unknown",
            remedy="use an index that serves upload times (PEP 700)",
        )
    return tuple((str(version), tuple(versions[version])) for version in sorted(versions))


def _digest(urls: IndexUrls) -> str:
    """Identify the indexes without their credentials."""
    addresses = [url.address for url in urls.extra] + [urls.default.address if urls.default else ""]
    return hashlib.sha256("\n".join(addresses).encode()).hexdigest()[:16]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        plain = json.loads(read_if_there(path) or "null")
    except ValueError:
        return None
    return plain if isinstance(plain, dict) and plain.get("scheme") == SCHEME else None


def _to_plain(known: _Known) -> list[Any]:
    return [[version, [[file.tag, file.uploaded, file.requires_python] for file in files]] for version, files in known]


def _from_plain(plain: Iterable[Any]) -> _Known:
    return tuple(
        (version, tuple(_File(tag=tag, uploaded=uploaded, requires_python=python) for tag, uploaded, python in files))
        for version, files in plain
    )
