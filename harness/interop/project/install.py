"""What is installed so that a project's tests can run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.interop.project.metadata import Bundle, Kind, Metadata, package_names
from harness.interop.project.requirement_files import RequirementFile
from harness.interop.project.tests_run import Runner

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
_PLUGINS = {"--cov": "pytest-cov", "-n": "pytest-xdist", "--numprocesses": "pytest-xdist", "--reruns": "pytest-rerunfailures"}  # fmt: skip
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
) -> Install:
    """Return what to install. *addopts* are pytest's own; *is_pytest_django*: its configuration names settings."""
    files = _chosen(known, metadata)
    bundle = _best(metadata.bundles)
    if bundle is not None and files and not metadata.is_package and not _is_test(bundle.name):
        bundle = None  # a project's requirement files are what it is installed from
    is_enough = bundle is not None and (_is_test(bundle.name) or not any(_is_test(item.path) for item in files))
    if metadata.is_package and (is_enough or metadata.dependencies):
        files = () if is_enough else tuple(item for item in files if _is_test(_stem(item.path)) or _has_tests(item))
    if not is_enough and files:
        bundle = None
    lines, requires = list(_lines(metadata, bundle, files)), list(_listed(metadata, bundle, files))
    asked = (
        *metadata.dependencies,
        *(bundle.requirements if bundle else ()),
        *(text for item in files for text in item.requirements),
    )
    requires += _missing(asked, runner, addopts, is_pytest_django=is_pytest_django)
    return Install(
        install=tuple(dict.fromkeys(lines)),
        requires=tuple(dict.fromkeys(requires)),
        requirements=(*asked, *requires),
        constraints=tuple(text for item in files for text in item.constraints),
        files=tuple(files),
        because=_because(metadata, bundle, files),
        left=tuple(_left(files)),
    )


def _lines(metadata: Metadata, bundle: Bundle | None, files: Sequence[RequirementFile]) -> Iterator[str]:
    if metadata.is_package:
        yield f".[{bundle.name}]" if bundle is not None and bundle.kind is Kind.EXTRA else "."
    if bundle is not None and bundle.kind is Kind.GROUP:
        yield f"--group {bundle.name}"
    yield from (f"-r {item.path}" for item in files)


def _listed(metadata: Metadata, bundle: Bundle | None, files: Sequence[RequirementFile]) -> Iterator[str]:
    """Yield the requirements that no installer reads where they stand."""
    if not metadata.is_package and not files:
        yield from metadata.dependencies
    if bundle is not None and (bundle.kind is Kind.LISTED or (bundle.kind is Kind.EXTRA and not metadata.is_package)):
        yield from (text for text in bundle.requirements if not package_names((text,)) & _NOT_FOR_TESTS)


def _missing(asked: Sequence[str], runner: Runner, addopts: Sequence[str], *, is_pytest_django: bool) -> Iterator[str]:
    """Yield what the command needs and nothing asks for."""
    names = package_names(tuple(asked))
    if "django" not in names:
        yield "django"
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


def _chosen(known: Sequence[RequirementFile], metadata: Metadata) -> tuple[RequirementFile, ...]:
    """Return the requirement files to install: the one for tests, with the base file where it does not include it."""
    tests = [item for item in known if _is_test(_stem(item.path))]
    tests = tests or [item for item in known if _DEV.fullmatch(_stem(item.path))]
    tests = tests or [item for item in known if _has_tests(item)]
    base = [item for item in known if _BASE.fullmatch(_stem(item.path))]
    first = min(tests, key=_nearness, default=None)
    found = [first] if first is not None else []
    under = min(base, key=_nearness, default=None)
    if under is not None and not metadata.is_package and all(under.path not in item.includes for item in found):
        found.insert(0, under)
    return tuple(found)


def _nearness(item: RequirementFile) -> tuple[int, int, str]:
    return (item.path.count("/"), len(item.path), item.path)


def _stem(path: str) -> str:
    return path.rpartition(".")[0]


def _is_test(name: str) -> bool:
    return bool(_TEST.fullmatch(name)) or any(_TEST.fullmatch(part) for part in name.split("/"))


def _has_tests(item: RequirementFile) -> bool:
    return bool(package_names(item.requirements) & _RUNS_TESTS)


def _because(metadata: Metadata, bundle: Bundle | None, files: Sequence[RequirementFile]) -> str:
    found = []
    if metadata.is_package:
        found.append("a package that can be built")
    if bundle is not None:
        found.append(f"{bundle.kind.value} {bundle.name!r} of {bundle.path}")
    if not metadata.is_package:
        found.append("no package that could be built")
    return ", ".join([*found, *(item.path for item in files)])


def _left(files: Sequence[RequirementFile]) -> Iterator[str]:
    for item in files:
        if item.has_hashes:
            yield f"{item.path} has hashes: what it does not list itself cannot be installed with it"
        for path in item.missing:
            yield f"{item.path} includes {path}, which is not there"
