"""Observes one test process from inside, as JSON lines whose protocol is docs/evidence.md of the harness.

It comes in as a pytest plugin (``-p harness_probe``) or in front of Django's own runner
(``python harness_probe.py manage.py test``). Standard library only; Python 3.8+, pytest 6+, Django 3.2+.

It must not change what it observes: it imports nothing of Django, pytest or the project before they
do, changes no setting, connects to nothing but a test database just set up, and raises nothing:
what goes wrong in here becomes a ``note``. Without HARNESS_EVIDENCE it does nothing at all.

PYTEST_DONT_REWRITE: there is no test in here, and rewriting would cost every cell time.
"""

import json
import os
import sys

PROTOCOL = 1
DEFAULT_LIMIT = 20000000
FILE_LIMIT = 100000000  # bytes of a database file that is read: beyond that its size and time stand for it
CUT_RESERVE = 200  # bytes kept free for the last line of a file that reaches its limit
MESSAGE_LIMIT = 4096
TRACE_LIMIT = 20480
FRAMES_OUTER, FRAMES_INNER = 15, 45
CAUSES_LIMIT = 4
# Their word on their own version is true; other packages' __version__ may be stale, so a distribution's metadata wins.
TRUSTED = frozenset(["django", "pytest", "pytest-django"])
MACHINERY = frozenset(["_pytest", "pluggy", "pytest", "xdist", "unittest", "runpy"])


# ---------------------------------------------------------------- the file


class Sink(object):
    """The evidence file of this process: whole lines, appended by one write each, never more than the limit.

    What it needs of `os`, `json` is bound here at the start: fake file systems of tests patch modules' globals.
    """

    def __init__(self, folder, stem, limit):
        self.pid = os.getpid()
        self.limit = limit
        self.size = 0
        path, count = os.path.join(folder, "%s-%d.jsonl" % (stem, self.pid)), 1
        while os.path.exists(path):  # a script that runs under Django's wrapper called pytest
            count += 1
            path = os.path.join(folder, "%s-%d-%d.jsonl" % (stem, self.pid, count))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
        self.fd = os.open(path, flags, 0o644)
        self.write, self.getpid, self.dumps = os.write, os.getpid, json.dumps

    def emit(self, kind, fields):
        """Append one event. A forked child is another process: what it says is not this file's business."""
        if self.fd is None or self.getpid() != self.pid:
            return
        event = {"e": kind}
        event.update(fields)
        line = self.dumps(event, separators=(",", ":"), default=str).encode("ascii") + b"\n"
        if self.size + len(line) > self.limit - CUT_RESERVE:
            # After `cut` comes nothing, not even `bye`: a capped file must not look complete.
            line, last = self.dumps({"e": "cut", "limit": self.limit}).encode("ascii") + b"\n", True
        else:
            last = False
        try:
            is_whole = self.write(self.fd, line) == len(line)
        except OSError:
            is_whole = False
        self.size += len(line)
        if last or not is_whole:
            self.fd = None  # left open: to close a descriptor that someone else may have closed and reused is worse


class Probe(object):
    """What both ways in share: the sink, and how things are described."""

    def __init__(self, sink, run, worker, runner):
        import time  # bound at the start, before anyone freezes it

        self.clock = time.perf_counter
        self.sink, self.run, self.worker, self.runner = sink, run, worker, runner
        self.cwd = os.getcwd()
        self.root = self.cwd
        self.own = _real(__file__)
        self.places = {}
        self.notes = 0
        self.packages = [name for name in os.environ.get("HARNESS_PACKAGES", "").split(",") if name]
        self.distributions = None
        self.said = {}
        self.set_up = SetUp(self)
        self.files = {}  # real database files: alias -> path, as settings had them before anything was set up

    def emit(self, kind, **fields):
        self.sink.emit(kind, fields)

    def emit_changed(self, kind, **fields):
        """Emit an event unless the last of its kind said the same."""
        if self.said.get(kind) != fields:
            self.said[kind] = fields
            self.emit(kind, **fields)

    def note(self, where, error):
        """Make a failure of the probe visible, without disturbing the cell."""
        self.notes += 1
        if self.notes <= 50:
            self.emit("note", text="%s: %s: %s" % (where, _type_name(type(error)), _text(error, 500)))

    def hello(self):
        import hashlib

        with open(self.own, "rb") as source:
            digest = hashlib.sha256(source.read()).hexdigest()[:16]
        try:
            import _sqlite3  # not sqlite3: it costs more, and projects replace that name

            sqlite = _sqlite3.sqlite_version
        except ImportError:
            sqlite = ""
        self.emit(
            "hello",
            protocol=PROTOCOL,
            probe=digest,
            pid=self.sink.pid,
            worker=self.worker,
            run=self.run,
            runner=self.runner,
            python=sys.version.split()[0],
            sqlite=sqlite,
        )

    def bye(self, status):
        self.say_imported()
        for alias, path in sorted(self.files.items()):
            self.say_file("after", alias, path)
        self.emit("bye", exit_status=status)
        self.sink.fd = None

    # ------------------------------------------------ where things are

    def short(self, path):
        """Return *path* relative to the working directory where it lies in it, else as it is."""
        path = str(path)
        if _real(path) == _real(self.cwd):
            return "."
        return _inside(path, self.cwd) or path

    def place(self, path):
        """Return (file, origin) of a source file as frames name them."""
        found = self.places.get(path)
        if found is None:
            found = self.places[path] = self._place(path)
        return found

    def _place(self, path):
        if path.startswith("<"):
            return path, "python"
        full = os.path.join(self.cwd, path)
        for folder in ("site-packages", "dist-packages"):
            _, found, rest = full.rpartition(os.sep + folder + os.sep)
            if found:
                return _posix(rest), _top_level(rest)
        for root in (self.cwd, self.root):
            rest = _inside(full, root)
            if rest:
                return rest, "project"
        rest = _inside(full, os.path.dirname(os.__file__))
        if rest:
            return rest, "python"
        for entry in sorted(set(sys.path), key=len, reverse=True):
            rest = _inside(full, entry) if entry else ""
            if rest:
                return rest, _top_level(rest)
        return _posix(full), "python"

    def where(self, function):
        """Return "name at file:line" of a function."""
        inner = function
        while hasattr(inner, "__wrapped__"):
            inner = inner.__wrapped__
        inner = getattr(inner, "__func__", getattr(inner, "func", inner))
        code = getattr(inner, "__code__", None)
        if code is None:
            return "?"
        return "%s:%d" % (self.place(code.co_filename)[0], code.co_firstlineno)

    # ------------------------------------------------ failures

    def failure(self, kind, value, traceback, trace=None):
        """Describe an exception that propagated."""
        if trace is None:
            trace = _format_exception(kind, value, traceback, self.own)
        described = self.one_failure(kind, value, traceback)
        described["trace"] = _cut(trace, TRACE_LIMIT)
        causes, seen = [], set([id(value)])
        while value is not None and len(causes) < CAUSES_LIMIT:
            value = _origin(value)
            if value is None or id(value) in seen:
                break
            seen.add(id(value))
            causes.append(self.one_failure(type(value), value, value.__traceback__))
        if causes:
            described["causes"] = causes
        return described

    def one_failure(self, kind, value, traceback):
        """Describe one exception of a chain."""
        described = {
            "type": _type_name(kind),
            "message": _text(value, MESSAGE_LIMIT),
            "frames": self.frames(traceback),
        }
        try:
            described.update(_doing(traceback))
        except Exception as error:
            self.note("doing", error)
        return described

    def frames(self, traceback):
        found = []
        while traceback is not None:
            code = traceback.tb_frame.f_code
            file, origin = self.place(code.co_filename)
            if not _same_file(code.co_filename, self.own):
                found.append((file, traceback.tb_lineno or 0, code.co_name, origin))
            traceback = traceback.tb_next
        first = 0
        while first < len(found) and (found[first][3] in MACHINERY or "runpy" in found[first][0]):
            first += 1
        found = found[first:] or found
        if len(found) > FRAMES_OUTER + FRAMES_INNER:
            found = found[:FRAMES_OUTER] + found[-FRAMES_INNER:]
        return [{"file": f, "line": n, "function": name, "origin": origin} for f, n, name, origin in found]

    def session_failure(self, phase, kind, value, traceback):
        """Report what ended the session itself: not a test, so its id is the phase in parentheses."""
        self.emit("test", id="(%s)" % phase, outcome="error", phase=phase, failure=self.failure(kind, value, traceback))

    # ------------------------------------------------ what is imported

    def say_imported(self):
        if not self.packages:
            return
        try:
            if self.distributions is None:
                self.distributions = _distributions(self.packages)
            self.emit_changed("imported", packages=[self._imported(name) for name in self.packages])
        except Exception as error:
            self.note("imported", error)

    def _imported(self, name):
        installed = self.distributions.get(name, ())
        module = _module_of(name, installed)
        if module is None:
            version = installed[0][1] if installed else ""
            return {"name": name, "version": version, "path": "", "is_imported": False}
        file = getattr(module, "__file__", None) or (list(getattr(module, "__path__", ())) or [""])[0]
        top = os.path.dirname(file) if os.path.basename(file).startswith("__init__.") else file
        site = os.path.dirname(top)
        beside = sorted(set(item[1] for item in installed if _real(item[0]) == _real(site)))
        own = _version_word(_attribute(module, "__version__")) or _version_word(_attribute(module, "VERSION"))
        if own and (len(beside) != 1 or name in TRUSTED):
            version = own
        else:
            version = (beside or [item[1] for item in installed] or [own])[0]
        if own and beside and own not in beside and self.said.get(name) != own:
            self.said[name] = own
            self.emit("note", text="%s calls itself %s, its metadata %s" % (name, own, ", ".join(beside)))
        path = _inside(file, sys.prefix) or _posix(file)
        return {"name": name, "version": version, "path": path, "is_imported": True}

    # ------------------------------------------------ settings

    def say_settings(self, chosen_by, announced=""):
        """Report the settings in force; *chosen_by* is asked with whether they are a module of the user's choice."""
        conf = sys.modules.get("django.conf")
        settings = getattr(conf, "settings", None)
        if settings is not None and settings.configured:
            holder = vars(settings._wrapped)
            while "default_settings" in holder and "SETTINGS_MODULE" not in holder:
                holder = vars(holder["default_settings"])
            module = holder.get("SETTINGS_MODULE") or ""
            self.emit_changed("settings", module=str(module), chosen_by=chosen_by if module else "settings.configure")
            self.say_files(settings)
        elif announced:
            self.emit_changed("settings", module=announced, chosen_by=chosen_by)
        else:
            self.emit_changed("settings", module="", chosen_by="none")

    # ------------------------------------------------ the project's own database files

    def say_files(self, settings):
        """Report, once, the SQLite files that the project's own NAMEs lead to, before anything can change them."""
        if self.files or self.worker:
            return
        try:
            for alias, entry in settings.DATABASES.items():
                name = str(entry.get("NAME") or "")
                is_file = name and ":memory:" not in name and not name.startswith("file:")
                if is_file and str(entry.get("ENGINE", "")).endswith(("sqlite3", "spatialite")):
                    self.files[alias] = os.path.join(self.cwd, name)
        except Exception as error:
            self.note("files", error)
        for alias, path in sorted(self.files.items()):
            self.say_file("before", alias, path)

    def say_file(self, when, alias, path):
        try:
            self.emit("file", when=when, alias=alias, path=self.short(path), **_file_facts(path))
        except Exception as error:
            self.note("file %s" % alias, error)


def _guarded(function):
    """Keep an observer's own failure out of the cell. What is no Exception (a time-out, an exit) is not ours."""

    def guarded(self, *args, **kwargs):
        try:
            return function(self, *args, **kwargs)
        except Exception as error:
            try:
                self.probe.note("%s.%s" % (type(self).__name__, function.__name__), error)
            except Exception:
                pass

    return guarded


# ---------------------------------------------------------------- databases


def _file_facts(path):
    """Describe a SQLite file by its content, without a lock or a trace: what is not yet in it (WAL) counts, too."""
    if not os.path.exists(path):
        return {"exists": False, "digest": "", "tables": {}}
    if os.path.getsize(path) > FILE_LIMIT:
        state = os.stat(path)
        return {"exists": True, "digest": "%d-%d" % (state.st_size, state.st_mtime_ns), "tables": {}}
    import hashlib

    total = hashlib.sha256()
    for part in (path, path + "-wal"):
        if os.path.exists(part):
            with open(part, "rb") as file:
                total.update(file.read())
    return {"exists": True, "digest": total.hexdigest()[:16], "tables": _file_tables(path)}


def _file_tables(path):
    """Return the tables in a SQLite file with their rows. Immutable: nothing is locked, made or recovered beside it."""
    import _sqlite3
    from urllib.parse import quote

    connection = _sqlite3.connect("file:%s?mode=ro&immutable=1" % quote(path), uri=True)
    try:
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
        found = [row[0] for row in connection.execute(names).fetchall()]
        count = 'SELECT COUNT(*) FROM "%s"'
        return {name: connection.execute(count % name.replace('"', '""')).fetchone()[0] for name in found}
    finally:
        connection.close()


class CountingLogger(object):
    """Stands in for the schema editor's logger while databases are set up, and counts tables per alias.

    The editor logs each statement before it executes it, so no frame of the probe is on the stack of a failure.
    """

    def __init__(self, real, created):
        self.__dict__.update(_real_logger=real, _created=created)

    def debug(self, message, *args, **kwargs):
        try:
            if args and str(args[0]).lstrip()[:12].upper() == "CREATE TABLE":
                alias = sys._getframe(1).f_locals["self"].connection.alias
                self._created[alias] = self._created.get(alias, 0) + 1
        except Exception:
            pass
        kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1
        return self._real_logger.debug(message, *args, **kwargs)

    def __getattr__(self, name):
        return getattr(self._real_logger, name)


class SetUp(object):
    """Watches one set-up of the test databases, and describes the databases after it."""

    def __init__(self, probe):
        self.probe = probe
        self.depth = 0
        self.names = {}
        self.made = set()  # aliases that point to a test database now
        self.created = {}
        self.logger = None
        self.is_done = False
        self.planted = set()

    @_guarded
    def begin(self, by):
        self.probe.emit("set-up", by=by)
        self.depth += 1
        if self.depth > 1 or "django.db" not in sys.modules:
            return
        self.made.clear()  # a script may set up, tear down and set up again
        self.created.clear()
        from django.db import connections

        self.names = {alias: entry.get("NAME") for alias, entry in connections.databases.items()}
        import django.db.backends.base.schema as schema  # any backend imports it

        self.logger = schema.logger
        schema.logger = CountingLogger(schema.logger, self.created)

    @_guarded
    def end(self, is_healthy):
        self.depth -= 1
        if self.depth == 0 and self.logger is not None:
            sys.modules["django.db.backends.base.schema"].logger, self.logger = self.logger, None
        self.observe(is_healthy)

    @_guarded
    def observe(self, is_healthy=True):
        """Report each alias whose test database was set up, or whose connection the set-up left open."""
        self.is_done = True
        if "django.db" not in sys.modules or not sys.modules["django.conf"].settings.configured:
            return
        from django.db import connections

        seen = {}
        for alias, entry in connections.databases.items():
            name, test = entry.get("NAME"), entry.get("TEST") or {}
            if alias in self.names and name != self.names[alias]:
                self.made.add(alias)
            elif name and test.get("NAME") == name:
                self.made.add(alias)
            connection = _existing(connections, alias)
            is_open = getattr(connection, "connection", None) is not None
            if not is_open and (alias not in self.made or not is_healthy):
                continue
            try:
                self.report(connections[alias], alias in self.made and is_healthy, is_open, seen)
            except Exception as error:
                self.probe.note("database %s" % alias, error)

    def report(self, connection, is_made, is_open, seen):
        alias = connection.alias
        same = [
            key
            for key, facts in seen.items()
            if facts["name"] == str(connection.settings_dict["NAME"]) and facts["vendor"] == connection.vendor
        ]
        if same and not is_open:  # a mirror: the same database, not to be connected to for our sake
            facts = dict(seen[same[0]], alias=alias, created=0)
        else:
            if not is_open:
                connection.connect()  # not ensure_connection: pytest-django blocks that outside of tests
            try:
                if is_made:
                    self.plant(connection)
                facts = self.facts(connection)
            finally:
                if not is_open:
                    connection.close()
        facts["is_test"] = is_made
        facts["expected"] = _expected_tables(connection)
        facts["unapplied"] = _unapplied(connection, facts["applied"])
        seen[alias] = facts
        self.probe.emit("database", **facts)

    def facts(self, connection):
        # The driver's cursor: Django's own would log the queries and pass through the project's wrappers.
        cursor = connection.create_cursor()
        try:
            real = sorted(
                set(item.name for item in connection.introspection.get_table_list(cursor) if item.type in ("t", "p"))
            )
            applied = []
            if "django_migrations" in real:
                cursor.execute("SELECT app, name FROM django_migrations")
                applied = sorted("%s.%s" % (row[0], row[1]) for row in cursor.fetchall())
            version = ""
            question = _VERSION_OF.get(connection.vendor)
            if question:
                cursor.execute(question)
                version = str(cursor.fetchone()[0])
        finally:
            cursor.close()
        return {
            "alias": connection.alias,
            "vendor": connection.vendor,
            "name": str(connection.settings_dict["NAME"]),
            "version": version,
            "real": real,
            "applied": applied,
            "created": self.created.get(connection.alias, 0),
        }

    def plant(self, connection):
        """Create the table that a later run must not find, in a test database only."""
        table = os.environ.get("HARNESS_PLANT")
        if not table or connection.alias in self.planted:
            return
        if connection.in_atomic_block:
            raise RuntimeError("not planted inside of a transaction")
        self.planted.add(connection.alias)
        cursor = connection.create_cursor()
        try:
            cursor.execute("CREATE TABLE IF NOT EXISTS %s (id integer)" % connection.ops.quote_name(table))
        finally:
            cursor.close()


_VERSION_OF = {
    "sqlite": "SELECT sqlite_version()",
    "postgresql": "SHOW server_version",
    "mysql": "SELECT VERSION()",
}


def _existing(connections, alias):
    """Return the thread's connection wrapper of an alias if there is one; asking `connections` would make it."""
    return getattr(connections._connections, alias, None)


def _expected_tables(connection):
    """Return the tables that `migrate` is to give this alias: managed, not swapped, and the router agrees."""
    from django.apps import apps
    from django.db import router

    longest = connection.ops.max_name_length()
    names = set()
    for model in apps.get_models(include_auto_created=True):
        if model._meta.can_migrate(connection) and router.allow_migrate_model(connection.alias, model):
            name = connection.introspection.identifier_converter(model._meta.db_table)
            names.add(name[:longest] if longest else name)
    return sorted(names)


def _unapplied(connection, applied):
    """Return the migrations that Django's loader imported and the database does not have.

    Nothing is imported or loaded anew (Django's loader reloads modules); so there are none where migrations are off.
    """
    loader = sys.modules.get("django.db.migrations.loader")
    test = connection.settings_dict.get("TEST") or {}
    if loader is None or test.get("MIGRATE") is False:
        return []
    from django.apps import apps

    labels = {}
    for config in apps.get_app_configs():
        module = loader.MigrationLoader.migrations_module(config.label)[0]
        if module:
            labels[module] = config.label
    known = {}
    for full, module in list(sys.modules.items()):
        parent, _, name = full.rpartition(".")
        if parent in labels and name[0] not in "_~":
            migration = getattr(module, "Migration", None)
            if migration is not None:
                known[(labels[parent], name)] = [tuple(key) for key in getattr(migration, "replaces", ())]
    done = set(tuple(name.split(".", 1)) for name in applied)
    for key, replaced in known.items():
        if not replaced:
            continue
        if key in done or all(old in done for old in replaced):
            done.update(replaced)
            done.add(key)
        elif any(old in done for old in replaced):
            done.add(key)  # half-way: the old ones are what is left to apply
        else:
            done.update(replaced)
    return sorted("%s.%s" % key for key in known if key not in done)


# ---------------------------------------------------------------- tests


class Draft(object):
    """A test that is running: its phases are merged into one result."""

    __slots__ = ("id", "outcome", "phase", "duration", "failure", "reason", "phases", "started")

    def __init__(self, id):
        self.id, self.started = id, 0.0
        self.reset()

    def reset(self):
        self.outcome, self.phase, self.duration, self.failure = "passed", "call", 0.0, None
        self.reason, self.phases = "", set()

    def settle(self, outcome, phase, failure=None, reason=""):
        """Take a phase's outcome: the first failure stays, else what is not a plain pass, else the last word."""
        if self.outcome in ("failed", "error"):
            return
        if outcome != "passed" or phase == "call":
            self.outcome, self.phase, self.failure, self.reason = outcome, phase, failure, reason

    def emit(self, probe):
        fields = {"id": self.id, "outcome": self.outcome, "phase": self.phase, "duration_s": round(self.duration, 6)}
        if self.failure is not None:
            fields["failure"] = self.failure
        if self.reason:
            fields["reason"] = self.reason
        probe.emit("test", **fields)


# ---------------------------------------------------------------- pytest


def pytest_addoption(parser, pluginmanager):
    """The first hook that a plugin sees: everything else is registered from here, if wanted."""
    probe = _start("pytest-django", os.environ.get("PYTEST_XDIST_WORKER", ""))
    if probe is not None:
        import atexit

        plugin = _plugin()(probe)
        pluginmanager.register(plugin, "harness-probe")
        atexit.register(plugin.say_never_begun)


def _plugin():
    """Make the plugin's class: it needs pytest, which a module that also runs without it must not import."""
    import pytest

    outermost = pytest.hookimpl(hookwrapper=True, tryfirst=True)
    first = pytest.hookimpl(tryfirst=True)

    class Plugin(object):
        def __init__(self, probe):
            self.probe = probe
            self.drafts = {}
            self.finished = None
            self.is_distributing = False
            self.has_begun = False

        # -------------------------------------------- configuration

        @outermost
        def pytest_load_initial_conftests(self, early_config):
            self.say_pytest(early_config)
            outcome = yield
            self.say_settings(early_config)
            if outcome.excinfo is not None:
                self.say_end_of_load(outcome.excinfo)

        @outermost
        def pytest_cmdline_main(self, config):
            self.has_begun = True
            outcome = yield
            self.say_bye(outcome)

        @first
        def pytest_sessionstart(self, session):
            self.is_distributing = session.config.pluginmanager.hasplugin("dsession")
            self.say_pytest(session.config)
            self.say_settings(session.config)
            self.probe.say_imported()

        @_guarded
        def say_pytest(self, config):
            root = getattr(config, "rootpath", None) or config.rootdir
            ini = getattr(config, "inipath", None) if hasattr(config, "inipath") else config.inifile
            self.probe.root = str(root)
            self.probe.emit_changed(
                "pytest",
                ini_file=self.probe.short(ini) if ini else "",
                root_dir=self.probe.short(root),
                is_distributing=self.is_distributing,
            )

        @_guarded
        def say_settings(self, config):
            header = _django_header(config)
            for line in header:
                if line.startswith("settings: "):
                    module, _, source = line[len("settings: ") :].partition(" (from ")
                    source = source.rstrip(")")
                    if source == "option":
                        given = [str(word) for word in config.invocation_params.args or ()]
                        is_given = any(word == "--ds" or word.startswith("--ds=") for word in given)
                        source = "--ds option" if is_given else "--ds option (addopts)"
                    return self.probe.say_settings(source, module)
            return self.probe.say_settings("conftest")

        @_guarded
        def say_end_of_load(self, excinfo):
            import atexit

            self.probe.session_failure("load", *excinfo)
            # pytest ends here without a further hook: 4 for what it calls a usage error, a traceback and 1 otherwise.
            name = getattr(excinfo[0], "__name__", "")
            atexit.register(self.probe.bye, 4 if name in ("UsageError", "ConftestImportFailure") else 1)

        @_guarded
        def say_never_begun(self):
            """Report an orderly end before any hook could tell of it: an option that pytest does not know."""
            if self.has_begun or self.probe.sink.fd is None:
                return
            words = "pytest refused its command line or its configuration: its words are in the log"
            failure = {"type": "pytest.UsageError", "message": words}
            self.probe.emit("test", id="(load)", outcome="error", phase="load", failure=failure)
            self.probe.bye(4)

        @_guarded
        def say_bye(self, outcome):
            self.flush()
            for draft in list(self.drafts.values()):
                if draft.phases:
                    draft.emit(self.probe)
            if outcome.excinfo is not None:
                self.probe.session_failure("session", *outcome.excinfo)
                status = 4 if getattr(outcome.excinfo[0], "__name__", "") == "UsageError" else 1
            else:
                status = outcome.get_result()
            self.probe.bye(int(status or 0))

        @first
        def pytest_internalerror(self, excrepr, excinfo):
            self.say_session_failure(excinfo)

        @first
        def pytest_keyboard_interrupt(self, excinfo):
            self.say_session_failure(excinfo)

        @_guarded
        def say_session_failure(self, excinfo):
            self.probe.session_failure("session", excinfo.type, excinfo.value, excinfo.tb)

        # -------------------------------------------- databases

        @outermost
        def pytest_fixture_setup(self, fixturedef):
            if fixturedef.argname != "django_db_setup":
                yield
                return
            self.probe.set_up.begin("django_db_setup at %s" % self.probe.where(fixturedef.func))
            outcome = yield
            self.probe.set_up.end(outcome.excinfo is None)

        # -------------------------------------------- collection

        @outermost
        def pytest_make_collect_report(self, collector):
            outcome = yield
            if outcome.excinfo is None:
                report = outcome.get_result()
                if report.outcome != "passed":
                    self.say_collected(report)

        @_guarded
        def say_collected(self, report):
            call = report.__dict__.get("call")
            if report.outcome == "skipped":
                return self.probe.emit(
                    "test", id=report.nodeid, outcome="skipped", phase="collect", reason=_skip_reason(report)
                )
            failure = None
            if call is not None and call.excinfo is not None:
                value = call.excinfo.value
                if type(value).__name__ == "CollectError" and value.__cause__ is not None:
                    value = value.__cause__  # pytest's wrapping of what went wrong in the module
                failure = self.probe.failure(type(value), value, value.__traceback__, report.longreprtext)
            self.probe.emit(
                "test",
                id=report.nodeid or "(collect)",
                outcome="error",
                phase="collect",
                failure=failure or _failure_in_words(report),
            )

        def pytest_collection_finish(self, session):
            if not self.is_distributing:
                self.probe.emit("collected", count=len(session.items))

        # -------------------------------------------- tests

        @first
        def pytest_runtest_logstart(self, nodeid):
            if not self.is_distributing:
                if self.finished is not None and self.finished.id == nodeid:
                    self.probe.emit("note", text="%s ran again, having %s" % (nodeid, self.finished.outcome))
                    self.finished = None  # the last run counts
                self.flush()
                self.drafts[nodeid] = Draft(nodeid)
                self.probe.emit("start", id=nodeid)

        @outermost
        def pytest_runtest_makereport(self, item, call):
            outcome = yield
            if outcome.excinfo is None:
                self.take(outcome.get_result(), call.excinfo)

        @first
        def pytest_runtest_logreport(self, report):
            if self.is_distributing:
                if report.when not in ("setup", "call", "teardown"):
                    self.say_worker_crash(report)
            elif report.nodeid not in self.drafts or report.when not in self.drafts[report.nodeid].phases:
                self.take(report, None)  # made elsewhere, in a forked child say

        def pytest_runtest_logfinish(self, nodeid):
            draft = self.drafts.pop(nodeid, None)
            if draft is not None and draft.phases:
                self.flush()
                self.finished = draft  # until something else begins: plugins run tests again

        @first
        def pytest_sessionfinish(self):
            self.flush()

        def flush(self):
            draft, self.finished = self.finished, None
            if draft is not None:
                draft.emit(self.probe)

        @_guarded
        def take(self, report, excinfo):
            draft = self.drafts.get(report.nodeid)
            if draft is None:
                draft = self.drafts[report.nodeid] = Draft(report.nodeid)
            if report.when == "setup" and draft.phases:
                draft.reset()  # the test is run again by a plugin: its last run counts
            draft.phases.add(report.when)
            draft.duration += getattr(report, "duration", 0.0)
            is_expected = hasattr(report, "wasxfail")
            if report.outcome == "passed":
                draft.settle("xpassed" if is_expected else "passed", report.when)
            elif report.outcome == "skipped":
                if is_expected:
                    draft.settle("xfailed", report.when, reason=_after("reason: ", str(report.wasxfail)))
                else:
                    draft.settle("skipped", report.when, reason=_skip_reason(report))
            elif draft.outcome not in ("failed", "error"):
                if excinfo is not None:
                    failure = self.probe.failure(excinfo.type, excinfo.value, excinfo.tb, report.longreprtext)
                else:
                    failure = _failure_in_words(report)
                draft.settle("failed" if report.when == "call" else "error", report.when, failure)

        @_guarded
        def say_worker_crash(self, report):
            self.probe.emit("test", id=report.nodeid, outcome="error", phase="crash", failure=_failure_in_words(report))

    return Plugin


def _django_header(config):
    """Return what pytest-django says of its settings: a module's list in old releases, stashed under a key since."""
    plugin = sys.modules.get("pytest_django.plugin")
    header = getattr(plugin, "_report_header", None)
    if header is None and hasattr(plugin, "report_header_key"):
        header = config.stash.get(plugin.report_header_key, None)
    return header or ()


def _skip_reason(report):
    words = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return _cut(_after("Skipped: ", str(words)), MESSAGE_LIMIT)


def _failure_in_words(report):
    """Describe a failure of which there is only text: an unexpected pass, a crashed worker, a forked test."""
    text = report.longreprtext
    message = getattr(getattr(report.longrepr, "reprcrash", None), "message", "") or text
    head, found, rest = message.partition(": ")
    is_type = found and head.replace(".", "").replace("_", "").isalnum()
    return {
        "type": head if is_type else "",
        "message": _cut(rest if is_type else message, MESSAGE_LIMIT),
        "trace": _cut(text, TRACE_LIMIT),
    }


# ---------------------------------------------------------------- Django's own runner


class Control(object):
    """Observes Django's runner: its module is watched for, and instrumented once the project imports it."""

    RESULT_METHODS = (
        "startTest",
        "stopTest",
        "addSuccess",
        "addError",
        "addFailure",
        "addSkip",
        "addExpectedFailure",
        "addUnexpectedSuccess",
        "addSubTest",
    )

    def __init__(self, probe):
        self.probe = probe
        self.draft = None
        self.is_running = self.is_inside = False
        self.result = None
        self.chosen_before = os.environ.get("DJANGO_SETTINGS_MODULE", "")

    # ------------------------------------------------ coming in

    def find_spec(self, name, path=None, target=None):
        """Be the first finder of modules until the runner's is imported."""
        if name != "django.test.runner":
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                run = spec.loader.exec_module

                def exec_module(module):
                    run(module)
                    self.instrument(module)

                spec.loader.exec_module = exec_module
                return spec
        return None

    @_guarded
    def instrument(self, module):
        import unittest

        control, runner, result = self, module.DiscoverRunner, unittest.TestResult
        set_up, run_suite, start_run = runner.setup_databases, runner.run_suite, result.startTestRun
        run_all = runner.run_tests

        def setup_databases(self, *args, **kwargs):
            control.say_settings()
            control.begin_set_up(type(self), setup_databases, set_up)
            is_healthy = False
            try:
                value = set_up(self, *args, **kwargs)
                is_healthy = True
                return value
            finally:
                control.probe.set_up.end(is_healthy)

        def run_tests(self, suite, *args, **kwargs):
            control.begin_tests(suite)
            try:
                return run_suite(self, suite, *args, **kwargs)
            finally:
                control.end_tests()

        def run_everything(self, *args, **kwargs):
            control.watch_own_suite(self, run_tests)
            return run_all(self, *args, **kwargs)

        def startTestRun(self):
            control.adopt(self)
            return start_run(self)

        runner.setup_databases, runner.run_suite, result.startTestRun = setup_databases, run_tests, startTestRun
        runner.run_tests = run_everything
        for name in self.RESULT_METHODS:
            setattr(result, name, self.watching(getattr(result, name), getattr(self, name)))

    @_guarded
    def watch_own_suite(self, runner, ours):
        """Watch a runner's own way to run the suite, which need not come to Django's."""
        if type(runner).run_suite is ours:
            return
        own = runner.run_suite

        def run_suite(suite, *args, **kwargs):
            self.begin_tests(suite)
            try:
                return own(suite, *args, **kwargs)
            finally:
                self.end_tests()

        runner.run_suite = run_suite

    def watching(self, original, observe):
        def method(result, *args, **kwargs):
            if original.__name__ == "startTest":
                self.adopt(result)  # of a runner that does not say that its run begins
            if result is self.result and not self.is_inside:
                observe(*args, **kwargs)
            return original(result, *args, **kwargs)

        method.__name__ = original.__name__
        return method

    @_guarded
    def adopt(self, result):
        """Take the first result of the run for the runner's own: tests may run suites of theirs.

        A result class of somebody else's may not pass on what it is told, so its own methods are watched, too.
        """
        if not self.is_running or self.result is not None:
            return
        self.result = result
        for name in self.RESULT_METHODS:
            home = next((kind for kind in type(result).__mro__ if name in vars(kind)), None)
            if home is not None and home.__module__.split(".")[0] not in ("unittest", "django"):
                setattr(result, name, self.watching_own(getattr(result, name), getattr(self, name)))

    def watching_own(self, bound, observe):
        def method(*args, **kwargs):
            observe(*args, **kwargs)
            was, self.is_inside = self.is_inside, True
            try:
                return bound(*args, **kwargs)
            finally:
                self.is_inside = was

        return method

    # ------------------------------------------------ what it says

    @_guarded
    def begin_set_up(self, kind, ours, original):
        method = kind.setup_databases
        where = self.probe.where(original if method is ours else method)
        self.probe.set_up.begin("%s.setup_databases at %s" % (kind.__name__, where))

    @_guarded
    def begin_tests(self, suite):
        if self.is_running:  # a runner's own way came to Django's
            return
        self.is_running = True
        if not self.probe.set_up.is_done:
            self.probe.set_up.observe()
        self.say_settings()
        self.probe.say_imported()
        self.probe.emit("collected", count=suite.countTestCases())

    @_guarded
    def end_tests(self):
        self.flush()
        self.is_running, self.result = False, None

    @_guarded
    def say_settings(self):
        words = sys.argv[1:]
        if any(word == "--settings" or word.startswith("--settings=") for word in words):
            chosen_by = "--settings option"
        else:
            chosen_by = "env" if self.chosen_before else "manage.py"
        self.probe.say_settings(chosen_by, os.environ.get("DJANGO_SETTINGS_MODULE", ""))

    def flush(self):
        draft, self.draft = self.draft, None
        if draft is not None:
            draft.emit(self.probe)

    def take(self, test):
        """Return the draft of a test; Django adds errors before a test's start and after its end, too."""
        id = self.test_id(test)
        if self.draft is None or self.draft.id != id:
            self.flush()
            self.draft = Draft(id)
        return self.draft

    def test_id(self, test):
        """Return the id that pytest would give a test."""
        kind, method = type(test), getattr(test, "_testMethodName", "")
        if kind.__name__ == "_FailedTest":
            path = method.replace(".", "/") + ".py"
            return path if os.path.exists(os.path.join(self.probe.cwd, path)) else method
        if kind.__name__ == "_ErrorHolder":  # "setUpClass (tests.test_x.TestY)"
            words = test.id().rstrip(")").rpartition("(")[2].split(".")
            for size in range(len(words) - 1, 0, -1):
                module = sys.modules.get(".".join(words[:size]))
                if module is not None:
                    return "::".join([self.file_of(module)] + words[size:])
            return test.id()
        module = sys.modules.get(kind.__module__)
        if module is None or not method:
            return str(test.id())
        return "::".join([self.file_of(module)] + kind.__qualname__.split(".") + [method])

    def file_of(self, module):
        return self.probe.short(getattr(module, "__file__", None) or module.__name__)

    @_guarded
    def startTest(self, test):
        draft = self.take(test)
        draft.started = self.probe.clock()
        self.probe.emit("start", id=draft.id)

    @_guarded
    def stopTest(self, test):
        draft = self.take(test)
        draft.duration = self.probe.clock() - draft.started if draft.started else 0.0

    @_guarded
    def addSuccess(self, test):
        self.take(test).settle("passed", "call")

    @_guarded
    def addError(self, test, err):
        name = type(test).__name__
        if name == "_FailedTest":
            outcome, phase = "error", "collect"
        elif name == "_ErrorHolder":
            outcome, phase = "error", "teardown" if "tearDown" in test.id() else "setup"
        else:  # pytest calls any exception in a TestCase a failure, its setUp included
            outcome, phase = "failed", "call"
        self.take(test).settle(outcome, phase, self.probe.failure(*err))

    @_guarded
    def addFailure(self, test, err):
        self.take(test).settle("failed", "call", self.probe.failure(*err))

    @_guarded
    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.take(test).settle("failed", "call", self.probe.failure(*err))

    @_guarded
    def addSkip(self, test, reason):
        if not hasattr(test, "test_case"):  # a skipped subTest is not its test's outcome
            self.take(test).settle("skipped", "call", reason=_text(reason, MESSAGE_LIMIT))

    @_guarded
    def addExpectedFailure(self, test, err):
        self.take(test).settle("xfailed", "call", reason=_text(err[1], MESSAGE_LIMIT))

    @_guarded
    def addUnexpectedSuccess(self, test):
        self.take(test).settle("failed", "call", {"type": "", "message": "Unexpected success"})

    @_guarded
    def say_load_failure(self, *excinfo):
        self.probe.session_failure("session" if self.is_running else "load", *excinfo)

    @_guarded
    def say_bye(self, status):
        self.flush()
        self.say_settings()
        self.probe.bye(status)


def main(arguments):
    """Run a script as `python SCRIPT ...` would, or Django as `python -m django ...` would, observed."""
    if not arguments:
        sys.exit("usage: python harness_probe.py manage.py test ...")
    import runpy

    if arguments[:2] == ["-m", "django"]:
        folder, arguments = os.getcwd(), arguments[1:]

        def run():
            runpy.run_module("django", run_name="__main__", alter_sys=True)

    else:
        folder = os.path.dirname(os.path.abspath(arguments[0]))

        def run():
            runpy.run_path(arguments[0], run_name="__main__")

    if sys.path and _real(sys.path[0] or ".") == os.path.dirname(_real(__file__)):
        sys.path[0] = folder
    else:
        sys.path.insert(0, folder)
    sys.argv = list(arguments)
    probe = _start("django", "")
    if probe is None:
        run()
        return
    control = Control(probe)
    sys.meta_path.insert(0, control)
    try:
        run()
    except SystemExit as end:
        code = end.code
        control.say_bye(0 if code is None else code if isinstance(code, int) else 1)
        raise
    except BaseException:
        control.say_load_failure(*sys.exc_info())
        control.say_bye(1)
        raise
    control.say_bye(0)


def _start(runner, worker):
    """Say hello, or return None: not wanted, or there is no place to write to."""
    folder = os.environ.get("HARNESS_EVIDENCE")
    if not folder:
        return None
    try:
        run = int(os.environ.get("HARNESS_RUN") or 1)
        limit = int(os.environ.get("HARNESS_EVIDENCE_LIMIT") or DEFAULT_LIMIT)
        probe = Probe(Sink(folder, "%d-%s" % (run, worker or "main"), limit), run, worker, runner)
        probe.hello()
        return probe
    except Exception:
        return None


# ---------------------------------------------------------------- words


def _real(path):
    return os.path.realpath(path)


def _posix(path):
    return path.replace(os.sep, "/")


def _same_file(path, own):
    return path.endswith("harness_probe.py") and _real(path) == own


def _inside(path, root):
    """Return *path* relative to *root* with slashes if it lies in it, else an empty string."""
    for top, full in ((root, path), (_real(root), _real(path))):
        top = top.rstrip(os.sep) + os.sep
        if full.startswith(top):
            return _posix(full[len(top) :])
    return ""


def _top_level(path):
    first = _posix(path).split("/", 1)[0]
    return first[:-3] if first.endswith(".py") else first


def _type_name(kind):
    return "%s.%s" % (getattr(kind, "__module__", "builtins"), getattr(kind, "__qualname__", kind))


def _after(prefix, text):
    return text[len(prefix) :] if text.startswith(prefix) else text


def _text(value, limit):
    try:
        text = str(value)
    except Exception as error:
        text = "(its message cannot be had: %s)" % type(error).__name__
    return _cut(text, limit)


def _cut(text, limit):
    """Shorten to about *limit* characters: the first quarter, the last three."""
    if len(text) <= limit:
        return text
    return "%s\n[... %d characters ...]\n%s" % (text[: limit // 4], len(text) - limit, text[-(limit - limit // 4) :])


def _format_exception(kind, value, traceback, own):
    """Return what Python prints of an exception, without the frames of file *own*."""
    from traceback import TracebackException

    try:
        described = TracebackException(kind, value, traceback)
        chain, seen = [described], set()
        while chain:
            link = chain.pop()
            if link is not None and id(link) not in seen:
                seen.add(id(link))
                link.stack[:] = [frame for frame in link.stack if not _same_file(frame.filename, own)]
                chain += [link.__cause__, link.__context__]
        return "".join(described.format())
    except Exception:  # of the exception's own making
        return _type_name(kind)


def _origin(value):
    """Return the exception that led to *value*, as Python would print it, or None."""
    if type(value).__name__ == "ConftestImportFailure":
        kept = getattr(value, "cause", None) or (getattr(value, "excinfo", None) or (0, 0))[1]
        if isinstance(kept, BaseException):
            return kept
    if value.__cause__ is not None:
        return value.__cause__
    return None if value.__suppress_context__ else value.__context__


def _doing(traceback):
    """Tell what Django was doing where an exception arose: the migration it applied, the statement it executed."""
    found = {}
    while traceback is not None:
        frame = traceback.tb_frame
        name, file = frame.f_code.co_name, _posix(frame.f_code.co_filename)
        if name == "apply" and file.endswith("django/db/migrations/migration.py"):
            migration, operation = frame.f_locals.get("self"), frame.f_locals.get("operation")
            operations = list(getattr(migration, "operations", ()))
            found["migration"] = "%s.%s" % (migration.app_label, migration.name)
            found["operation"] = next((n for n, item in enumerate(operations) if item is operation), -1)
            found["alias"] = str(frame.f_locals["schema_editor"].connection.alias)
        elif name in ("_execute", "_executemany") and file.endswith("django/db/backends/utils.py"):
            database = frame.f_locals["self"].db
            found["alias"], found["database"] = str(database.alias), str(database.settings_dict.get("NAME"))
            found["sql"] = _text(frame.f_locals.get("sql"), 1000)
        traceback = traceback.tb_next
    return found


def _normal(name):
    return "-".join(part for part in name.lower().replace("_", "-").replace(".", "-").split("-") if part)


def _attribute(module, name):
    """Return a module's attribute, None where it has none. Some warn when asked; a project may make that an error."""
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return getattr(module, name, None)
    except Exception:
        return None


def _version_word(value):
    """Return the version in a module's attribute ("2.9.9 (dt dec)", (1, 4, 6, "final")), or an empty string."""
    if isinstance(value, (tuple, list)):
        numbers = []
        for part in value:
            if not isinstance(part, int):
                break
            numbers.append(str(part))
        return ".".join(numbers) if len(numbers) > 1 else ""
    if isinstance(value, str):
        words = value.split()
        if words and words[0][:1].isdigit():
            return words[0]
    return ""


def _distributions(wanted):
    """Find the metadata of the *wanted* distributions: name -> [(folder, version, metadata folder)].

    By the names of folders, as the wheel format fixes them: `importlib.metadata` would parse each file.
    """
    found = {}
    for folder in sys.path:
        try:
            names = sorted(os.listdir(folder or "."))
        except OSError:
            continue
        for entry in names:
            stem, dot, kind = entry.rpartition(".")
            if kind not in ("dist-info", "egg-info"):
                continue
            parts = stem.split("-")
            name = _normal(parts[0])
            if name in wanted:
                info = os.path.join(folder, entry)
                version = parts[1] if len(parts) > 1 else _version_in(info)
                found.setdefault(name, []).append((folder or ".", version, info))
    return found


def _version_in(info):
    for name in ("METADATA", "PKG-INFO"):
        for line in _lines(os.path.join(info, name)):
            if line.startswith("Version:"):
                return line[len("Version:") :].strip()
    return ""


def _lines(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def _module_of(name, installed):
    """Return an imported top-level module of a distribution, or None."""
    guess = sys.modules.get(name.replace("-", "_"))
    if guess is not None:
        return guess
    for _, _, info in installed:
        tops = [line.strip() for line in _lines(os.path.join(info, "top_level.txt")) if line.strip()]
        if not tops:
            seen = {}
            for line in _lines(os.path.join(info, "RECORD")):
                first = line.split(",", 1)[0].split("/", 1)
                top = first[0].split(".", 1)[0] if len(first) == 1 else first[0]
                if top and not first[0].endswith((".dist-info", ".data", ".libs")) and top not in ("..", "__pycache__"):
                    seen[top] = True
            tops = list(seen)
        for top in tops:
            if top in sys.modules:
                return sys.modules[top]
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
