"""All that is known about one project and one command: what rules read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from harness.doctor.inspection import DatabaseEntry, Inspection, Model
from harness.doctor.pytest_config import PytestConfig
from harness.doctor.source import Fixture, ModelClass, fixtures, models
from harness.doctor.tree import Tree
from harness.doctor.trouble import Trouble
from harness.model.evidence import DatabaseSeen, Evidence


class Chooser(Enum):
    """Who names the settings module."""

    OPTION = "--ds"
    MANAGE_OPTION = "--settings"
    ENVIRONMENT = "environment"
    INI = "ini file"
    MANAGE = "manage.py"
    CONFTEST = "conftest.py"
    USER = "you"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The settings module in force, and where it is named."""

    module: str
    by: Chooser
    path: str = ""
    line: int = 0


class Kind(Enum):
    """What a command starts."""

    PYTEST = "pytest"
    MANAGE = "manage.py"
    OTHER = "another program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The command that fails, understood."""

    kind: Kind
    words: tuple[str, ...]  # as given, variables left out
    args: tuple[str, ...]  # of pytest, or after manage.py
    script: str = ""  # manage.py, relative to where it is run
    is_module: bool = True  # `python -m pytest`, not `pytest`: the folder is on the module path
    variables: tuple[tuple[str, str], ...] = ()  # written before it


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One observed execution of a command."""

    exit_code: int
    is_timed_out: bool
    output: str
    evidence: Evidence
    duration_s: float
    troubles: tuple[Trouble, ...]

    @property
    def has_passed(self) -> bool:
        """Tell whether the command says that all is well."""
        return self.exit_code == 0

    @property
    def is_plugin_loaded(self) -> bool | None:
        """Tell whether pytest-django was at work, None if that was not seen."""
        seen = [item for process in self.evidence.processes for item in process.imported]
        return next((item.is_imported for item in seen if item.name == "pytest-django"), None)

    @property
    def databases(self) -> tuple[DatabaseSeen, ...]:
        """Return what was observed of each alias after set-up."""
        return tuple(database for process in self.evidence.processes for database in process.databases)

    @property
    def set_up_by(self) -> tuple[str, ...]:
        """Return what set the databases up, with where it is defined."""
        return tuple(name for process in self.evidence.processes for name in process.set_up_by)

    @property
    def ini_file(self) -> str:
        """Return the configuration file that pytest says it read."""
        return next((process.ini_file for process in self.evidence.processes if process.ini_file), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The evidence. *run* is None where the command was not run (`--static`)."""

    tree: Tree
    command: Command
    environ: Mapping[str, str]  # the caller's, with the command's own variables
    pytest: PytestConfig
    chosen: Chosen
    declared: tuple[Chosen, ...]  # every place of the project that names a settings module
    manage: str  # manage.py of the project, empty if there is none
    roots: tuple[str, ...]  # folders of the project that modules are imported from
    inspection: Inspection | None = None
    run: Run | None = None
    control: Run | None = None

    @property
    def is_pytest(self) -> bool:
        """Tell whether the command is pytest's."""
        return self.command.kind is Kind.PYTEST

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Return what was observed to fail."""
        return self.run.troubles if self.run is not None else ()

    @property
    def missing_tables(self) -> frozenset[str]:
        """Return the tables that failures name, in lower case."""
        return frozenset(trouble.table.lower() for trouble in self.troubles if trouble.table)

    def about(self, table: str) -> tuple[Trouble, ...]:
        """Return the failures that miss a table of that name."""
        return tuple(trouble for trouble in self.troubles if trouble.table.lower() == table.lower())

    # ------------------------------------------------ the project's parts

    @property
    def models(self) -> tuple[Model, ...]:
        """Return the loaded models of the project's own apps."""
        own = {app.label for app in self.inspection.apps if app.is_own} if self.inspection else set()
        return tuple(model for model in (self.inspection.models if self.inspection else ()) if model.app in own)

    def model_classes(self) -> Iterator[ModelClass]:
        """Yield the classes in the project's source that look like models, loaded or not."""
        for path in self.tree.python():
            if "/migrations/" not in f"/{path}":
                yield from models(self.tree, path)

    def fixtures(self) -> Iterator[Fixture]:
        """Yield the fixtures of conftests and test modules."""
        for path in self.tree.python():
            if "fixture" in self.tree.text(path):
                yield from fixtures(self.tree, path)

    def database(self, alias: str) -> DatabaseEntry | None:
        """Return the settings of an alias."""
        settings = self.inspection.settings if self.inspection else None
        return settings.database(alias) if settings else None

    @property
    def settings_files(self) -> tuple[str, ...]:
        """Return the project's files that the settings consist of, the chosen module first."""
        settings = self.inspection.settings if self.inspection else None
        if settings is None:
            found = self.tree.module_file(self.chosen.module, self.roots) if self.chosen.module else ""
            return (found,) if found else ()
        rest = tuple(file for file in settings.files if file != settings.file)
        return (settings.file, *rest) if settings.file else rest

    def is_off_limits(self, trouble: Trouble) -> bool:
        """Tell whether a failure is pytest-django's refusal of the database outside of a test that asks for it."""
        return "Database access not allowed" in trouble.words

    def is_real_database(self, trouble: Trouble) -> bool:
        """Tell whether a failing statement went to a database that is no test database."""
        if not trouble.database or self.run is None:
            return False
        entry = self.database(trouble.alias)
        made = {seen.name for seen in self.run.databases if seen.alias == trouble.alias}
        return trouble.database not in made and entry is not None and _same(trouble.database, entry.name)


def _same(one: str, other: str) -> bool:
    """Compare NAMEs: a file's folder differs between the project and its copy."""
    return one.replace("\\", "/").rpartition("/")[2] == other.replace("\\", "/").rpartition("/")[2]
