"""Keeps the programs of a project's copy away from the project itself: its files, its databases, its servers.

Python imports this module at its start from a folder on PYTHONPATH. HARNESS_GUARD holds JSON: ``roots`` (the project's
folder, its copy), ``scratch`` (a folder for databases that lie elsewhere), ``servers`` (what a setting's host and port
become) and ``own`` (how test databases on the project's own servers are called; empty: those servers are refused).
Standard library only; Python 3.8+, Django 3.2+. Without HARNESS_GUARD it does nothing.
"""

import json
import os
import sys


class Guard(object):
    """Rewrites where connections go, in place, before Django makes them."""

    MODULES = ("django.db.utils", "django.db.backends.base.base", "django.db.backends.base.creation")
    REFUSAL = "harness doctor keeps away from the project's own server"
    READ_ONLY = {
        "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "mysql": "SET SESSION TRANSACTION READ ONLY",
    }

    def __init__(self, plan):
        self.real, self.copy = plan["roots"]
        self.scratch = plan["scratch"]
        self.servers = plan.get("servers", [])
        self.own = plan.get("own", "")
        self.making = 0  # test databases are being made or removed
        self.left = {}  # those on the project's own server that are still there

    # ------------------------------------------------ the module path

    def moved(self, path):
        """Return *path* in the copy if it lies in the project and exists there, else as it is."""
        full = os.path.realpath(path)
        if full == self.real or full.startswith(self.real + os.sep):
            there = self.copy + full[len(self.real) :]
            if os.path.exists(there):
                return there
        return path

    def move_module_path(self):
        """Point editable installations of the project at the copy."""
        sys.path[:] = [self.moved(entry) if entry and "site-packages" not in entry else entry for entry in sys.path]
        for finder in sys.meta_path:
            module = sys.modules.get(getattr(finder, "__module__", "") or "")
            mapping = getattr(module, "MAPPING", None)
            if isinstance(mapping, dict):
                for name, path in list(mapping.items()):
                    if isinstance(path, str):
                        mapping[name] = self.moved(path)

    # ------------------------------------------------ databases

    def entry(self, entry, vendor=""):
        """Rewrite one entry of DATABASES in place; return whether a connection may be made with it."""
        engine = "%s %s" % (entry.get("ENGINE") or "", vendor)
        test = entry.get("TEST")
        if "sqlite" in engine or "spatialite" in engine:
            entry["NAME"] = self.file(entry.get("NAME"))
            if isinstance(test, dict) and test.get("NAME"):
                test["NAME"] = self.file(test["NAME"])
            return True
        for server in self.servers:
            if any(word in engine for word in server["engines"]):
                entry.update(server["entry"])
                entry["USER"] = entry.get("USER") or server["user"]
                for name in server["unset"]:
                    os.environ.pop(name, None)
                options = entry.get("OPTIONS")
                for name in server["without"]:
                    if isinstance(options, dict):
                        options.pop(name, None)
                return True
        if self.own and isinstance(test, dict):
            name = str(test.get("NAME") or "test_%s" % (entry.get("NAME") or ""))
            if not name.startswith(self.own):
                test["NAME"] = (self.own + name)[:58]  # PostgreSQL's limit, less a worker's suffix
        return bool(self.own)

    def file(self, name):
        """Return where a SQLite database lies for the copy's programs."""
        text = str(name or "")
        if not text or text == ":memory:" or "mode=memory" in text:
            return name
        path = text[5:].split("?")[0] if text.startswith("file:") else text
        full = os.path.realpath(path)
        for safe in (self.copy, self.scratch):
            if full.startswith(os.path.realpath(safe) + os.sep):
                return name
        if full.startswith(self.real + os.sep):
            there = self.copy + full[len(self.real) :]
            os.makedirs(os.path.dirname(there), exist_ok=True)
        else:
            there = os.path.join(self.scratch, full.replace(os.sep, "_"))
            if os.path.isfile(full) and not os.path.exists(there):
                import shutil

                shutil.copyfile(full, there)
        return text.replace(path, there) if text.startswith("file:") else there

    # ------------------------------------------------ coming in

    def find_spec(self, name, path=None, target=None):
        """Be the first finder of modules for those that make connections."""
        if name not in self.MODULES:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                run = spec.loader.exec_module

                def exec_module(module):
                    run(module)
                    self.instrument(name, module)

                spec.loader.exec_module = exec_module
                return spec
        return None

    def instrument(self, name, module):
        if name == "django.db.utils":
            self.guard_handler(module.ConnectionHandler)
        elif name == "django.db.backends.base.base":
            self.guard_wrapper(module.BaseDatabaseWrapper)
        else:
            self.guard_creation(module.BaseDatabaseCreation)

    def guard_handler(self, handler):
        """Rewrite the settings of databases as soon as Django reads them."""
        guard, configure = self, handler.configure_settings

        def configure_settings(self, databases):
            found = configure(self, databases)
            for entry in found.values():
                guard.entry(entry)
            return found

        handler.configure_settings = configure_settings

    def guard_wrapper(self, wrapper):
        """Look at a connection's settings again when it is made: they may have been changed meanwhile."""
        guard, connect = self, wrapper.connect

        def guarded(self, *args, **kwargs):
            settings = self.settings_dict
            if not guard.entry(settings, str(self.vendor)):
                from django.db.utils import OperationalError

                where = "%s: %s at %s" % (self.alias, settings.get("NAME"), settings.get("HOST") or "localhost")
                raise OperationalError("%s (%s %s)" % (guard.REFUSAL, self.vendor, where))
            found = connect(self, *args, **kwargs)
            guard.keep_from_writing(self)
            return found

        guarded.__wrapped__ = connect
        wrapper.connect = guarded

    def keep_from_writing(self, wrapper):
        """Let a real database of the project's own server be read only."""
        name, words = wrapper.settings_dict.get("NAME"), self.READ_ONLY.get(str(wrapper.vendor))
        is_real = self.own and name and not str(name).startswith(self.own) and not self.is_administering(wrapper)
        if is_real and words and not any(self.is_stand_in(server, wrapper) for server in self.servers):
            cursor = wrapper.connection.cursor()
            cursor.execute(words)
            cursor.close()

    def is_administering(self, wrapper):
        """Tell whether Django goes by way of a real database to make or remove a test database."""
        from django.db import connections

        return bool(self.making) and connections[wrapper.alias] is not wrapper

    def is_stand_in(self, server, wrapper):
        """Tell whether a connection goes to a stand-in."""
        engine = "%s %s" % (wrapper.settings_dict.get("ENGINE"), wrapper.vendor)
        return any(word in engine for word in server["engines"])

    def guard_creation(self, creation):
        """Look at a connection's settings before a test database is made or removed; remove what would stay behind."""
        for name in ("create_test_db", "destroy_test_db", "clone_test_db"):
            self.guard_making(creation, name, getattr(creation, name))

    def guard_making(self, creation, method, make):
        """Put the guard in front of one method of Django's that makes or removes databases."""
        guard = self

        def guarded(self, *args, **kwargs):
            guard.entry(self.connection.settings_dict, str(self.connection.vendor))
            guard.making += 1
            try:
                return make(self, *args, **kwargs)
            finally:
                guard.making -= 1
                guard.remember(self, method)

        guarded.__wrapped__ = make
        setattr(creation, method, guarded)

    def remember(self, creation, method):
        """Keep the names of databases made on the project's own server, for the end of this process."""
        name = str(creation.connection.settings_dict.get("NAME") or "")
        if not self.own or creation.connection.vendor == "sqlite" or not name.startswith(self.own):
            return
        if not self.left:
            import atexit

            atexit.register(self.remove_left)
        self.left[name] = creation

    def remove_left(self):
        """Remove test databases that --reuse-db and the like leave behind."""
        for name, creation in self.left.items():
            try:
                creation.connection.close()
                self.making += 1
                creation._destroy_test_db(name, 0)
            except Exception:
                pass  # it was removed in time


def shadowed():
    """Import the sitecustomize that this one shadows."""
    import importlib.machinery

    own = os.path.dirname(os.path.abspath(__file__))
    path = [entry for entry in sys.path if os.path.abspath(entry) != own]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        import importlib.util

        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def start():
    """Read what to do, and do it."""
    plan = os.environ.get("HARNESS_GUARD")
    if not plan:
        return
    guard = Guard(json.loads(plan))
    guard.move_module_path()
    sys.meta_path.insert(0, guard)


start()
try:
    shadowed()
except Exception:
    pass  # as Python's own site does
