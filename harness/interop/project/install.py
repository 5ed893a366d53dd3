"""What is installed so that a project's tests can run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.interop.project import series
from harness.interop.project.how_tested import Runner
from harness.interop.project.metadata import Bundle, Kind, Metadata, package_names
from harness.interop.project.requirement_files import RequirementFile, release_of

_TEST = re.compile(r"(?:.*[-_./])?(?:unit)?test(?:s|ing)?(?:[-_].*|\d*)?$", re.IGNORECASE)
_DEV = re.compile(r"(?:.*[-_./])?(?:dev|devel|develop|development|local|ci)(?:[-_].*)?$", re.IGNORECASE)
_BASE = re.compile(r"(?:.*[-_./])?(?:requirements?|base|common|main|prod|production|reqs|deps|all)$", re.IGNORECASE)
_RUNS_TESTS = frozenset(
    "pytest pytest-django pytest-cov factory-boy model-bakery django-nose django-coverage-plugin tblib"  # noqa: SIM905
    " pytest-xdist coverage django-test-plus freezegun responses time-machine".split()
)
_NOT_FOR_TESTS = frozenset(
    "black ruff flake8 isort mypy pylint bandit pre-commit sphinx furo mkdocs mkdocs-material tox nox twine build"  # noqa: SIM905
    " bump2version bumpver ipython ipdb djlint pyupgrade pyright commitizen towncrier django-stubs watchfiles".split()
)
_PLUGINS = {
    "--cov": "pytest-cov",
    "-n": "pytest-xdist",
    "--numprocesses": "pytest-xdist",
    "--reruns": "pytest-rerunfailures",
}
_DJANGO_OPTIONS = frozenset({"--ds", "--dc", "--reuse-db", "--create-db", "--nomigrations", "--no-migrations"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """What goes into a canary's `install` and `requires`, and what all of that asks for."""

    install: tuple[str, ...]
    requires: tuple[str, ...]
    requirements: tuple[str, ...]  # everything asked for, to read versions from
    constraints: tuple[str, ...]
    files: tuple[RequirementFile, ...]
    because: str
    left: tuple[str, ...]


def decide(
    metadata: Metadata,
    known: Sequence[RequirementFile],
    runner: Runner,
    addopts: Sequence[str],
    *,
    is_pytest_django: bool,
    told: Sequence[str] = (),
) -> Install:
    """Return what to install.

    *addopts* are pytest's own; *is_pytest_django*: its configuration names settings; *told* are requirements that
    another tool's file has for every environment.
    """
    bundle, files = _sources(metadata, known)
    lines, requires = list(_lines(metadata, bundle, files)), list(_listed(metadata, bundle, files))
    asked = (
        *metadata.dependencies,
        *(bundle.requirements if bundle else ()),
        *(text for item in files for text in item.requirements),
    )
    names = package_names(asked)
    requires += [text for text in told if not package_names((text,)) & (names | _NOT_FOR_TESTS | {"django"})]
    asked = (*asked, *requires)
    requires += _missing(asked, runner, addopts, is_pytest_django=is_pytest_django)
    return Install(
        install=tuple(dict.fromkeys(lines)),
        requires=tuple(dict.fromkeys(requires)),
        requirements=(*asked, *requires),
        constraints=tuple(text for item in files for text in item.constraints),
        files=files,
        because=_because(metadata, bundle),
        left=tuple(_left(files)),
    )


def _sources(metadata: Metadata, known: Sequence[RequirementFile]) -> tuple[Bundle | None, tuple[RequirementFile, ...]]:
    """Return where the tests' requirements are: in one of the package's own sets, or in requirement files."""
    bundle = _best(metadata.bundles)
    is_named = bundle is not None and _is_test(bundle.name)
    tests, base = _file_for_tests(known, is_package=metadata.is_package), _base_file(known)
    if metadata.is_package:
        if bundle is not None and (is_named or tests is None or not _is_test(_stem(tests.path))):
            return bundle, ()
        return None, (tests,) if tests is not None else ()
    includes = tests.includes if tests is not None else ()
    files = (*((base,) if base and base.path not in includes else ()), *((tests,) if tests else ()))
    return (bundle if is_named or not files else None), files


def _lines(metadata: Metadata, bundle: Bundle | None, files: Sequence[RequirementFile]) -> Iterator[str]:
    if metadata.is_package:
        yield f".[{bundle.name}]" if bundle is not None and bundle.kind is Kind.EXTRA else "."
    if bundle is not None and bundle.kind is Kind.GROUP:
        yield f"--group {bundle.name}"
    yield from (f"-r {item.path}" for item in files if not item.foreign)


def _listed(metadata: Metadata, bundle: Bundle | None, files: Sequence[RequirementFile]) -> Iterator[str]:
    """Yield the requirements that no installer reads where they stand."""
    if not metadata.is_package and not files:
        yield from metadata.dependencies
    for item in files:
        if item.foreign:  # nothing that is on no index can be locked, so the file is written out without it
            yield from (*item.requirements, *filter(None, map(release_of, item.foreign)))
    if bundle is not None and (bundle.kind is Kind.LISTED or (bundle.kind is Kind.EXTRA and not metadata.is_package)):
        yield from (text for text in bundle.requirements if not package_names((text,)) & _NOT_FOR_TESTS)


def _missing(asked: Sequence[str], runner: Runner, addopts: Sequence[str], *, is_pytest_django: bool) -> Iterator[str]:
    """Yield what the command needs and nothing asks for."""
    names = package_names(tuple(asked))
    if runner is not Runner.PYTEST:
        return
    options = {word.partition("=")[0] for word in addopts}
    if "pytest" not in names and not any(name.startswith("pytest-") for name in names):
        yield "pytest"
    if "pytest-django" not in names and (is_pytest_django or options & _DJANGO_OPTIONS):
        yield "pytest-django"
    for option, package in _PLUGINS.items():
        if option in options and package not in names:
            yield package


def _best(bundles: Sequence[Bundle]) -> Bundle | None:
    """Return the requirements that are for tests: by their name, else by what they hold."""
    order = list(Kind)
    ranked = [(rank, order.index(item.kind), number) for number, item in enumerate(bundles) if (rank := _rank(item))]
    return bundles[min(ranked)[2]] if ranked else None


def _rank(item: Bundle) -> int:
    """Return 1 for what is named after tests, 2 for a developer's that holds a test tool, 0 for others."""
    if _is_test(item.name):
        return 1
    is_telling = bool(package_names(item.requirements) & _RUNS_TESTS)
    if _DEV.fullmatch(item.name) and is_telling:
        return 2
    return 3 if is_telling else 0


def _file_for_tests(known: Sequence[RequirementFile], *, is_package: bool) -> RequirementFile | None:
    """Return the file that is named after tests, else a developer's or any that holds a test tool, else a developer's.

    Of a package's, one that does not pin Django is preferred: it is meant for several.
    """
    base = _base_file(known)
    ranked = []
    for item in known:
        is_dev = bool(_DEV.fullmatch(_stem(item.path)))
        rank = 0 if _is_test(_stem(item.path)) else 1 if _has_tests(item) else 2 if is_dev else 3
        if rank < 3 and (item is not base or (is_package and rank < 2)):
            ranked.append((rank, is_package and _pins_django(item), bool(rank) and not is_dev, _nearness(item), item))
    if not ranked:
        return None
    found = min(ranked, key=lambda one: one[:-1])[-1]
    parts = [item for item in known if item.path in found.includes and not _pins_django(item)]
    return parts[0] if is_package and _pins_django(found) and parts else found


def _pins_django(item: RequirementFile) -> bool:
    return bool(series.pinned(series.specifier_of("django", item.requirements)))


def _base_file(known: Sequence[RequirementFile]) -> RequirementFile | None:
    found = [item for item in known if _BASE.fullmatch(_stem(item.path)) and not _is_test(_stem(item.path))]
    return min(found, key=_nearness, default=None)


def _nearness(item: RequirementFile) -> tuple[int, int, str]:
    return (item.path.count("/"), len(item.path), item.path)


def _stem(path: str) -> str:
    return path.rpartition(".")[0]


def _is_test(name: str) -> bool:
    return bool(_TEST.fullmatch(name)) or any(_TEST.fullmatch(part) for part in name.split("/"))


def _has_tests(item: RequirementFile) -> bool:
    return bool(package_names(item.requirements) & _RUNS_TESTS)


def _because(metadata: Metadata, bundle: Bundle | None) -> str:
    found = ["a package that can be built"] if metadata.is_package else []
    if bundle is not None:
        found.append(f"{bundle.kind.value} {bundle.name!r} of {bundle.path}")
    return ", ".join(found)


def _left(files: Sequence[RequirementFile]) -> Iterator[str]:
    for item in files:
        for line in item.foreign:
            name = release_of(line)
            words = f"{name} was taken from the index instead" if name else "it was left out"
            yield f"{item.path}: {line} is no release on the index: {words}"
        for path in item.missing:
            yield f"{item.path} includes {path}, which is not there"
