"""Describes a Django project as its own interpreter sees it, without a database, as one JSON document.

``python harness_inspector.py OUTPUT ROOT [FOLDER ...]``: the settings are DJANGO_SETTINGS_MODULE's, each FOLDER
goes to the front of the module path. Standard library only; Python 3.8+, Django 3.2+. Every connection to a database
is refused and recorded with the frames that asked for it; every exception becomes data.
"""

import json
import os
import re
import sys
import traceback

SQL_LIMIT = 4000
MASKED = "***"
SECRET = re.compile("passw|secret|token|key", re.IGNORECASE)
TABLE_IN_SQL = re.compile(
    r"create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+)?(?:materialized\s+)?(table|view)\s+(?:if\s+not\s+exists\s+)?"
    r"[\"`\[]?([\w.]+(?:\"\.\"\w+)?)",
    re.IGNORECASE,
)


class Refused(object):
    """Stands in for connecting to a database: says no, and who asked."""

    def __init__(self, root):
        self.root = root
        self.calls = []
        self.phase = "settings"

    def install(self):
        from django.db.backends.base.base import BaseDatabaseWrapper
        from django.db.utils import OperationalError

        refused = self

        def connect(self, *args, **kwargs):
            frames = frames_of_stack(refused.root)
            refused.calls.append({"phase": refused.phase, "alias": str(self.alias), "frames": frames})
            raise OperationalError("a database was asked for while the project was loaded")

        BaseDatabaseWrapper.connect = connect


def frames_of_stack(root):
    found = traceback.extract_stack()
    return [frame(item, root) for item in found if inside(item.filename, root)]


def frame(item, root):
    return {"file": inside(item.filename, root) or item.filename, "line": item.lineno or 0, "function": item.name}


def inside(path, root):
    """Return *path* relative to *root*, or an empty string; what is installed in there is not the project's."""
    if not path or path.startswith("<"):
        return ""
    full = os.path.realpath(path)
    top = os.path.realpath(root) + os.sep
    if not full.startswith(top) or (os.sep + "site-packages" + os.sep) in full:
        return ""
    return full[len(top) :].replace(os.sep, "/")


def described(error, root):
    """Describe an exception and what led to it, the innermost last."""
    chain, seen = [], set()
    while error is not None and id(error) not in seen and len(chain) < 6:
        seen.add(id(error))
        kind = type(error)
        frames = [frame(item, root) for item in traceback.extract_tb(error.__traceback__)]
        frames = [item for item in frames if "harness_inspector" not in item["file"]]
        own = [item for item in frames if not os.path.isabs(item["file"]) and not item["file"].startswith("<")]
        if isinstance(error, SyntaxError) and error.filename and inside(error.filename, root):
            own.append({"file": inside(error.filename, root), "line": error.lineno or 0, "function": "<module>"})
        chain.append(
            {
                "type": "%s.%s" % (kind.__module__, kind.__qualname__),
                "message": text(error)[:4000],
                "frames": own,
                "last": frames[-1] if frames else None,
            }
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def text(value):
    try:
        return str(value)
    except Exception as error:
        return "(no words: %s)" % type(error).__name__


def plain(value, name="", depth=0):
    """Return *value* as JSON has it; what may be a secret is masked."""
    if name and SECRET.search(name) and value:
        return MASKED
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, dict) and depth < 6:
        return {text(key): plain(item, text(key), depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) and depth < 6:
        return [plain(item, "", depth + 1) for item in value]
    return text(value)


# ---------------------------------------------------------------- the sections


def say_versions(say):
    say["python"] = sys.version.split()[0]
    try:
        import django

        say["django"] = django.get_version()
    except ImportError:
        say["django"] = ""
    say["versions"] = versions(("pytest", "pytest-django", "pytest-xdist", "psycopg", "psycopg2", "mysqlclient"))


def versions(names):
    """Return the versions of distributions by their folders' names: `importlib.metadata` would cost more."""
    found = {}
    wanted = {name.replace("-", "_").lower(): name for name in names}
    for folder in sys.path:
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in entries:
            stem, _, kind = entry.rpartition(".")
            name, _, version = stem.partition("-")
            name = name.lower().replace("-", "_").replace(".", "_")
            if kind in ("dist-info", "egg-info") and name in wanted:
                found.setdefault(wanted[name], version)
            elif kind in ("dist-info", "egg-info") and name in ("psycopg2_binary",):
                found.setdefault("psycopg2", version)
    return found


def load_settings(say, root):
    """Import the settings; return whether they could be."""
    module = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    say["settings"] = {"module": module, "file": "", "errors": [], "files": []}
    before = set(sys.modules)
    from django.conf import settings

    try:
        settings.INSTALLED_APPS
    except BaseException as error:
        say["settings"]["errors"] = described(error, root)
    loaded = [name for name in list(sys.modules) if name not in before]
    files = [inside(getattr(sys.modules.get(name), "__file__", None) or "", root) for name in loaded]
    say["settings"]["files"] = sorted(set(file for file in files if file))
    say["settings"]["file"] = inside(getattr(sys.modules.get(module), "__file__", None) or "", root)
    if say["settings"]["errors"]:
        return None
    say["settings"].update(
        installed_apps=[text(app) for app in settings.INSTALLED_APPS],
        auth_user_model=text(settings.AUTH_USER_MODEL),
        routers=[router if isinstance(router, str) else class_path(router) for router in settings.DATABASE_ROUTERS],
        test_runner=text(settings.TEST_RUNNER),
        databases=[database(alias, entry) for alias, entry in sorted(settings.DATABASES.items())],
    )
    return settings


def database(alias, entry):
    test = entry.get("TEST") or {}
    return {
        "alias": alias,
        "engine": text(entry.get("ENGINE") or ""),
        "name": text(entry.get("NAME") or ""),
        "user": text(entry.get("USER") or ""),
        "host": text(entry.get("HOST") or ""),
        "port": text(entry.get("PORT") or ""),
        "has_password": bool(entry.get("PASSWORD")),
        "options": plain(entry.get("OPTIONS") or {}),
        "keys": sorted(text(key) for key in entry),
        "test_name": text(test.get("NAME") or ""),
        "test_mirror": text(test.get("MIRROR") or ""),
        "test_migrate": bool(test.get("MIGRATE", True)),
        "test_dependencies": [text(item) for item in test.get("DEPENDENCIES") or ()],
        "test_keys": sorted(text(key) for key in test),
    }


def say_servers(say, settings):
    """Ask the project's own servers about the roles in the settings: read-only, for a few seconds at most."""
    from django.db import connections

    said = []
    say["servers"] = said
    for alias in sorted(settings.DATABASES):
        try:
            connection = connections[alias]
            if connection.vendor != "postgresql":
                continue
            params = connection.get_connection_params()
            params["connect_timeout"] = 3
            params["options"] = "-c default_transaction_read_only=on -c statement_timeout=3000"
            asked = connection.get_new_connection(params)
            try:
                cursor = asked.cursor()
                cursor.execute("SELECT rolcreatedb, rolsuper FROM pg_roles WHERE rolname = current_user")
                row = cursor.fetchone()
                cursor.execute("SHOW server_version")
                version = cursor.fetchone()[0]
                cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'")
                schemas = sorted(item[0] for item in cursor.fetchall())
                cursor.execute("SELECT extname FROM pg_extension")
                extensions = sorted(item[0] for item in cursor.fetchall())
            finally:
                asked.close()
            said.append(
                {
                    "alias": alias,
                    "may_create_databases": bool(row and (row[0] or row[1])),
                    "is_superuser": bool(row and row[1]),
                    "version": text(version),
                    "schemas": schemas,
                    "extensions": extensions,
                    "error": "",
                }
            )
        except BaseException as error:
            said.append({"alias": alias, "error": text(error).strip()[:500]})


def class_path(value):
    kind = value if isinstance(value, type) else type(value)
    return "%s.%s" % (kind.__module__, kind.__qualname__)


def say_migration_modules(say, settings, labels, root):
    found = settings.MIGRATION_MODULES
    said = {"type": class_path(found), "items": [], "unknown": [], "errors": []}
    try:
        for label in labels:
            if label in found:
                value = found[label]
                said["items"].append({"label": label, "module": value if value is None else text(value)})
        if isinstance(found, dict):
            said["unknown"] = sorted(text(key) for key in found if key not in labels)
    except Exception as error:
        said["errors"] = described(error, root)
    say["migration_modules"] = said


def say_apps(say, apps, loader_module, root):
    said = []
    for config in apps.get_app_configs():
        try:
            module, is_explicit = loader_module.MigrationLoader.migrations_module(config.label)
        except Exception:
            module, is_explicit = None, False
        said.append(
            {
                "label": config.label,
                "name": config.name,
                "path": inside(os.path.join(config.path, "_"), root)[:-2] if is_own(config, root) else "",
                "is_own": is_own(config, root),
                "config": class_path(config),
                "models_module": getattr(config.models_module, "__name__", ""),
                "migrations_module": module or "",
                "is_migrations_module_explicit": bool(is_explicit),
            }
        )
    say["apps"] = said


def is_own(config, root):
    return bool(inside(os.path.join(config.path, "_"), root))


def say_models(say, apps, root):
    from django.db import connections, router

    said = []
    aliases = list(connections)
    has_routers = bool(router.routers)
    for model in apps.get_models(include_auto_created=True, include_swapped=True):
        meta = model._meta
        module = sys.modules.get(model.__module__)
        allow, read, write, errors = {}, "default", "default", []
        if has_routers:
            try:
                allow = {alias: bool(router.allow_migrate_model(alias, model)) for alias in aliases}
                read, write = router.db_for_read(model), router.db_for_write(model)
            except Exception as error:
                errors = described(error, root)
        else:
            allow = {alias: True for alias in aliases}
        said.append(
            {
                "app": meta.app_label,
                "name": meta.object_name,
                "table": meta.db_table,
                "module": model.__module__,
                "file": inside(getattr(module, "__file__", None) or "", root),
                "is_managed": bool(meta.managed),
                "is_proxy": bool(meta.proxy),
                "is_swapped": bool(meta.swapped),
                "is_auto_created": bool(meta.auto_created),
                "columns": [field.column for field in meta.local_concrete_fields if field.column],
                "references": [
                    field.related_model._meta.label
                    for field in meta.local_fields + meta.local_many_to_many
                    if field.is_relation and hasattr(field.related_model, "_meta")
                ],
                "allow": sorted(alias for alias in allow if allow[alias]),
                "read": text(read),
                "write": text(write),
                "errors": errors,
            }
        )
    say["models"] = said


def say_graph(say, loader_module, root):
    """Describe the migrations on disk; return the loader if its graph holds together."""
    loader = loader_module.MigrationLoader(None, load=False)
    said = {"errors": [], "nodes": [], "conflicts": [], "missing": []}
    say["graph"] = said
    whole = None
    try:
        loader.build_graph()
        conflicts = loader.detect_conflicts()
        said["conflicts"] = [{"app": app, "names": sorted(conflicts[app])} for app in sorted(conflicts)]
        whole = loader
    except BaseException as error:
        said["errors"] = described(error, root)
        node, origin = getattr(error, "node", None), getattr(error, "origin", None)
        if node is not None:
            by = [text(origin.app_label), text(origin.name)] if hasattr(origin, "app_label") else ["", ""]
            said["missing"] = [{"node": [text(part) for part in node], "by": by}]
    disk = getattr(loader, "disk_migrations", None) or {}
    for key in sorted(disk):
        said["nodes"].append(node_of(key, disk[key], root))
    said["unmigrated"] = sorted(getattr(loader, "unmigrated_apps", None) or ())
    said["migrated"] = sorted(getattr(loader, "migrated_apps", None) or ())
    return whole


def node_of(key, migration, root):
    module = sys.modules.get(type(migration).__module__)
    return {
        "app": key[0],
        "name": key[1],
        "file": inside(getattr(module, "__file__", None) or "", root),
        "dependencies": pairs(migration.dependencies),
        "run_before": pairs(migration.run_before),
        "replaces": pairs(migration.replaces),
        "is_atomic": bool(migration.atomic),
        "operations": [operation_of(item, key[0], False) for item in migration.operations],
    }


def pairs(items):
    """Return (app, name) of each key; a swappable dependency stands for the app that it means today."""
    return [[text(part) for part in item][:2] for item in items]


def operation_of(operation, app, is_state_only):
    """Summarise an operation: kind, model, table, SQL, and what lies in it."""
    said = {"kind": type(operation).__name__, "model": "", "table": "", "sql": "", "is_state_only": is_state_only}
    said.update(creates=[], inner=[], field="", references=[], managed=None, renames_to="")
    name = getattr(operation, "name", "") or ""
    model = getattr(operation, "model_name", None) or name
    said["model"] = text(model or "")
    if said["kind"] == "CreateModel":
        options = getattr(operation, "options", {}) or {}
        said["managed"] = bool(options.get("managed", True)) and not options.get("proxy")
        said["table"] = text(options.get("db_table") or "%s_%s" % (app, str(name).lower()))
        said["references"] = references(getattr(operation, "fields", ()))
    elif said["kind"] in ("AddField", "AlterField", "RemoveField"):
        said["field"] = text(name)
        field = getattr(operation, "field", None)
        said["references"] = references([(name, field)] if field is not None else [])
    elif said["kind"] == "AlterModelTable":
        said["table"] = text(getattr(operation, "table", "") or "")
    elif said["kind"] == "AlterModelOptions":
        options = operation.options or {}
        said["managed"] = bool(options["managed"]) if "managed" in options else None
    elif said["kind"] == "RenameModel":
        said["model"], said["renames_to"] = text(operation.old_name), text(operation.new_name)
    elif said["kind"] == "SeparateDatabaseAndState":
        said["inner"] = [operation_of(item, app, False) for item in operation.database_operations]
        said["inner"] += [operation_of(item, app, True) for item in operation.state_operations]
    elif said["kind"] == "RunSQL":
        said["sql"] = sql_of(operation.sql)[:SQL_LIMIT]
        said["creates"] = [match.group(2) for match in TABLE_IN_SQL.finditer(sql_of(operation.sql))]
    elif said["kind"] == "RunPython":
        code = getattr(operation, "code", None)
        said["field"] = text(getattr(code, "__name__", ""))
    return said


def references(fields):
    """Return the models that a migration's fields refer to, as they are written: "auth.user"."""
    found = []
    for _, field in fields:
        remote = getattr(field, "remote_field", None)
        to = getattr(remote, "model", None)
        if to is not None:
            setting = getattr(field, "swappable_setting", None)
            found.append({"to": to if isinstance(to, str) else to._meta.label, "swappable": setting or ""})
    return found


def sql_of(value):
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return ";\n".join(item if isinstance(item, str) else text(item[0]) for item in value)
    return ""


def say_changes(say, loader, apps, root):
    """Say what `makemigrations` would write."""
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.questioner import MigrationQuestioner
    from django.db.migrations.state import ProjectState

    said = {"errors": [], "items": []}
    say["changes"] = said
    try:
        detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps), MigrationQuestioner())
        for app, migrations in sorted(detector.changes(graph=loader.graph).items()):
            for migration in migrations:
                for operation in migration.operations:
                    item = operation_of(operation, app, False)
                    said["items"].append(dict(item, app=app))
    except BaseException as error:
        said["errors"] = described(error, root)


def inspect(say, root):
    say_versions(say)
    if not say["django"]:
        return
    settings = load_settings(say, root)
    if settings is None:
        return
    refused = Refused(root)
    say["setup_errors"] = []
    try:
        refused.install()
        refused.phase = "setup"
        import django

        django.setup()
    except BaseException as error:
        say["setup_errors"] = described(error, root)
    say["refused"] = list(refused.calls)
    if os.environ.get("HARNESS_ASK_SERVERS"):
        say_servers(say, settings)
    refused.phase = "later"
    from django.apps import apps

    if not apps.models_ready:
        return
    apps.ready = True
    import django.db.migrations.loader as loader_module

    labels = sorted(apps.app_configs)
    for section in (
        lambda: say_migration_modules(say, settings, labels, root),
        lambda: say_apps(say, apps, loader_module, root),
        lambda: say_models(say, apps, root),
        lambda: say_plan(say, loader_module, apps, root),
    ):
        try:
            section()
        except BaseException as error:
            say["notes"].append(described(error, root))


def say_plan(say, loader_module, apps, root):
    loader = say_graph(say, loader_module, root)
    if loader is not None:
        say_changes(say, loader, apps, root)


def main(arguments):
    output, root = arguments[0], arguments[1]
    sys.path[:1] = arguments[2:]
    say = {"protocol": 1, "notes": []}
    try:
        inspect(say, root)
    except BaseException as error:
        say["notes"].append(described(error, root))
    with open(output, "w", encoding="utf-8") as file:
        json.dump(say, file, default=text)


if __name__ == "__main__":
    main(sys.argv[1:])
