"""What the project's own Django says of itself: typed values, read from the inspector's document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.model import codec

Key = tuple[str, str]
"""An app's label with a migration's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of source; *file* is relative to the project where it lies in it."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception, with the frames that lie in the project, outermost first."""

    type: str  # dotted
    message: str
    frames: tuple[Place, ...] = ()
    last: Place | None = None  # the innermost frame wherever it lies


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseEntry:
    """One alias of DATABASES, passwords left out."""

    alias: str
    engine: str
    name: str
    user: str
    host: str
    port: str
    has_password: bool
    options: Any
    keys: tuple[str, ...]
    test_name: str
    test_mirror: str
    test_migrate: bool
    test_dependencies: tuple[str, ...]
    test_keys: tuple[str, ...]

    @property
    def vendor(self) -> str:
        """Return what Django calls the engine: sqlite, postgresql, mysql, oracle, else its module's last part."""
        last = self.engine.rpartition(".")[2]
        known = {
            "sqlite3": "sqlite",
            "spatialite": "sqlite",
            "postgis": "postgresql",
            "postgresql_psycopg2": "postgresql",
        }
        if "postgres" in self.engine or "tenants" in self.engine or "timescale" in self.engine:
            return "postgresql"
        return known.get(last, last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings in force; empty but for module, file and errors if they cannot be imported."""

    module: str
    file: str
    files: tuple[str, ...]  # of the project, imported with them
    errors: tuple[Raised, ...]
    installed_apps: tuple[str, ...] = ()
    auth_user_model: str = ""
    routers: tuple[str, ...] = ()
    test_runner: str = ""
    databases: tuple[DatabaseEntry, ...] = ()

    def database(self, alias: str) -> DatabaseEntry | None:
        """Return an alias's entry."""
        return next((entry for entry in self.databases if entry.alias == alias), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationModule:
    """What MIGRATION_MODULES says for one app; None switches its migrations off."""

    label: str
    module: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationModules:
    """MIGRATION_MODULES as Django asks it."""

    type: str
    items: tuple[MigrationModule, ...]
    unknown: tuple[str, ...]  # labels that no app has
    errors: tuple[Raised, ...]

    @property
    def off(self) -> frozenset[str]:
        """Return the labels whose migrations are switched off."""
        return frozenset(item.label for item in self.items if item.module is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An installed app; *path* is relative to the project if it is the project's own, else empty."""

    label: str
    name: str
    path: str
    is_own: bool
    config: str
    models_module: str
    migrations_module: str
    is_migrations_module_explicit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model of an installed app, as loaded."""

    app: str
    name: str
    table: str
    module: str
    file: str
    is_managed: bool
    is_proxy: bool
    is_swapped: bool
    is_auto_created: bool
    columns: tuple[str, ...]
    references: tuple[str, ...]  # labels of the models it refers to
    allow: tuple[str, ...]  # aliases that the routers let it migrate on
    read: str
    write: str
    errors: tuple[Raised, ...] = ()

    @property
    def needs_table(self) -> bool:
        """Tell whether `migrate` is to make its table somewhere."""
        return self.is_managed and not self.is_proxy and not self.is_swapped


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A model that a migration's field refers to, and the setting it is swapped by."""

    to: str
    swappable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a migration, summarised; *inner* holds one of SeparateDatabaseAndState's own."""

    kind: str
    model: str
    table: str
    sql: str
    is_state_only: bool
    creates: tuple[str, ...]  # tables and views that its SQL creates
    inner: tuple[Any, ...]
    field: str  # of a field's operation; of RunPython: the function
    references: tuple[Reference, ...]
    managed: bool | None
    renames_to: str
    app: str = ""  # of what the autodetector proposes

    def within(self) -> tuple[Operation, ...]:
        """Return the operations inside this one."""
        return tuple(codec.from_plain(Operation, item) for item in self.inner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A migration that Django found on disk."""

    app: str
    name: str
    file: str
    dependencies: tuple[Key, ...]
    run_before: tuple[Key, ...]
    replaces: tuple[Key, ...]
    is_atomic: bool
    operations: tuple[Operation, ...]

    @property
    def key(self) -> Key:
        """Return its app's label and its name."""
        return self.app, self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """The leaves of an app that has several."""

    app: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A migration that another one needs and that is not there."""

    node: Key
    by: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The migrations on disk; *errors* if they do not make a graph."""

    errors: tuple[Raised, ...]
    nodes: tuple[Node, ...]
    conflicts: tuple[Conflict, ...]
    missing: tuple[Missing, ...]
    migrated: tuple[str, ...] = ()
    unmigrated: tuple[str, ...] = ()

    def of(self, app: str) -> tuple[Node, ...]:
        """Return an app's migrations in the order of their names."""
        return tuple(node for node in self.nodes if node.app == app)

    def node(self, dotted: str) -> Node | None:
        """Return the migration called "app.0001_initial"."""
        return next((node for node in self.nodes if f"{node.app}.{node.name}" == dotted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What `makemigrations` would write."""

    errors: tuple[Raised, ...]
    items: tuple[Operation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedQuery:
    """A connection that was asked for while the project was loaded, and by whom."""

    phase: str  # setup, later
    alias: str
    frames: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSeen:
    """What the project's own server said of the role in the settings; only *error* if it did not answer."""

    alias: str
    error: str
    may_create_databases: bool = True
    is_superuser: bool = False
    version: str = ""
    schemas: tuple[str, ...] = ()  # of the real database
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The inspector's document. What could not be reached is None."""

    python: str
    django: str  # its version; empty if it cannot be imported
    versions: Any  # distribution → version
    settings: Settings | None = None
    setup_errors: tuple[Raised, ...] = ()
    refused: tuple[RefusedQuery, ...] = ()
    servers: tuple[ServerSeen, ...] = ()  # asked only where the command is run
    migration_modules: MigrationModules | None = None
    apps: tuple[App, ...] = ()
    models: tuple[Model, ...] = ()
    graph: Graph | None = None
    changes: Changes | None = None
    notes: tuple[tuple[Raised, ...], ...] = ()

    def app(self, label: str) -> App | None:
        """Return the installed app with that label."""
        return next((app for app in self.apps if app.label == label), None)

    def model_of_table(self, table: str) -> Model | None:
        """Return the model whose table has that name, whatever its letters' case."""
        wanted = table.lower()
        return next((model for model in self.models if model.table.lower() == wanted and not model.is_proxy), None)

    def version(self, name: str) -> tuple[int, ...]:
        """Return a distribution's version as numbers, () if it is not installed."""
        text = self.django if name == "django" else str(self.versions.get(name, ""))
        parts = []
        for part in text.split("."):
            digits = "".join(char for char in part if char.isdigit())
            if not digits:
                break
            parts.append(int(digits))
        return tuple(parts)


def parse(text: str) -> Inspection:
    """Read the inspector's document.

    Raises:
        ValueError: it is none.
    """
    return codec.loads(Inspection, text)
