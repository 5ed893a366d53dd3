"""Keeps the programs of a project's copy away from the project itself: its files, its databases, its servers.

Python imports this module at its start from a folder on PYTHONPATH. HARNESS_GUARD holds JSON: ``roots`` (the project's
folder, its copy), ``scratch`` (a folder for databases that lie elsewhere) and ``servers`` (what a setting's
host and port become). Standard library only; Python 3.8+, Django 3.2+. Without HARNESS_GUARD it does nothing.
"""

import json
import os
import sys


class Guard(object):
    """Rewrites where connections go, in place, before Django makes them."""

    MODULES = ("django.db.utils", "django.db.backends.base.base")

    def __init__(self, plan):
        self.real, self.copy = plan["roots"]
        self.scratch = plan["scratch"]
        self.servers = plan.get("servers", [])

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

    def entry(self, entry):
        """Rewrite one entry of DATABASES in place."""
        engine = str(entry.get("ENGINE") or "")
        if "sqlite" in engine or "spatialite" in engine:
            entry["NAME"] = self.file(entry.get("NAME"))
            test = entry.get("TEST")
            if isinstance(test, dict) and test.get("NAME"):
                test["NAME"] = self.file(test["NAME"])
            return
        for server in self.servers:
            if any(word in engine for word in server["engines"]):
                entry.update(server["entry"])
                entry["USER"] = entry.get("USER") or server["user"]
                options = entry.get("OPTIONS")
                for name in server["without"]:
                    if isinstance(options, dict):
                        options.pop(name, None)

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
        guard = self
        if name == "django.db.utils":
            handler = module.ConnectionHandler
            configure = handler.configure_settings

            def configure_settings(self, databases):
                found = configure(self, databases)
                for entry in found.values():
                    guard.entry(entry)
                return found

            handler.configure_settings = configure_settings
        else:
            wrapper = module.BaseDatabaseWrapper
            connect = wrapper.connect

            def guarded(self, *args, **kwargs):
                guard.entry(self.settings_dict)
                return connect(self, *args, **kwargs)

            guarded.__wrapped__ = connect
            wrapper.connect = guarded


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
