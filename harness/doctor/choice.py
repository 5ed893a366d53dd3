"""Who names the settings module, and from which folders modules are imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from harness.doctor.case import Chooser, Chosen, Command, Kind
from harness.doctor.pytest_config import PytestConfig, join, line_of, with_next
from harness.doctor.source import strings_in
from harness.doctor.tree import Tree

NAME = "DJANGO_SETTINGS_MODULE"
_IS_MODULE = re.compile(r"[A-Za-z_]\w*(\.\w+)*")


def choose(tree: Tree, command: Command, pytest: PytestConfig, environ: Mapping[str, str], manage: str) -> Chosen:
    """Return the settings module that the command's own rules choose."""
    if command.kind is Kind.PYTEST:
        return _of_pytest(tree, pytest, environ)
    option = _value(command.args, "--settings")
    if option:
        return Chosen(module=option, by=Chooser.MANAGE_OPTION)
    if environ.get(NAME):
        return Chosen(module=environ[NAME], by=Chooser.ENVIRONMENT)
    script = manage if command.script else ""  # `python -m django` knows of no manage.py
    return next((item for item in named_in(tree, script, Chooser.MANAGE)), Chosen(module="", by=Chooser.NOBODY))


def _of_pytest(tree: Tree, pytest: PytestConfig, environ: Mapping[str, str]) -> Chosen:
    """pytest-django's order: --ds, the environment, the ini file; then what a conftest sets by itself."""
    option = pytest.value("--ds")
    if option:
        is_given = any(word.partition("=")[0] == "--ds" for word in pytest.args)
        path = "" if is_given or pytest.ini is None else pytest.ini.path
        return Chosen(module=option, by=Chooser.OPTION, path=path, line=line_of(tree, path, r"--ds\b") if path else 0)
    if environ.get(NAME):
        return Chosen(module=environ[NAME], by=Chooser.ENVIRONMENT)
    if pytest.ini is not None and pytest.option(NAME):
        path = pytest.ini.path
        return Chosen(module=pytest.option(NAME), by=Chooser.INI, path=path, line=line_of(tree, path, rf"\b{NAME}\b"))
    for path in _conftests(tree):
        for found in named_in(tree, path, Chooser.CONFTEST):
            return found
    return Chosen(module="", by=Chooser.NOBODY)


def declared(tree: Tree, pytest: PytestConfig, manage: str) -> tuple[Chosen, ...]:
    """Return every place of the project that names a settings module: ini files, conftests, manage.py, wsgi.py."""
    found: list[Chosen] = []
    for ini in (*([pytest.ini] if pytest.ini else []), *pytest.others):
        module = ini.options.get(NAME, "")
        if module:
            line = line_of(tree, ini.path, rf"\b{NAME}\b")
            found.append(Chosen(module=module, by=Chooser.INI, path=ini.path, line=line))
    for path in (manage, *_conftests(tree)):
        found += named_in(tree, path, Chooser.MANAGE if path == manage else Chooser.CONFTEST)
    for path in tree.paths:
        if path.rpartition("/")[2] in ("wsgi.py", "asgi.py", "celery.py"):
            found += named_in(tree, path, Chooser.MANAGE)
    return tuple(found)


def named_in(tree: Tree, path: str, by: Chooser) -> Iterator[Chosen]:
    """Yield the modules that a file puts into DJANGO_SETTINGS_MODULE."""
    if not path or NAME not in tree.text(path):
        return
    module = tree.module(path)
    for node in ast.walk(module) if module is not None else ():
        match node:
            case ast.Call(args=[ast.Constant(value=name), value, *_]) if name == NAME:
                yield from _named(value, path, by)
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=name))], value=value) if name == NAME:
                yield from _named(value, path, by)
            case _:
                pass


def _named(value: ast.expr, path: str, by: Chooser) -> Iterator[Chosen]:
    for item in strings_in(value):
        if _IS_MODULE.fullmatch(str(item.value)) and str(item.value) != NAME:
            yield Chosen(module=str(item.value), by=by, path=path, line=item.lineno)


def _conftests(tree: Tree) -> tuple[str, ...]:
    return tuple(path for path in tree.paths if path.rpartition("/")[2] == "conftest.py")


def _value(args: tuple[str, ...], name: str) -> str:
    for word, after in with_next(args):
        if word == name:
            return after
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return ""


def settings_modules(tree: Tree) -> tuple[str, ...]:
    """Return the files that look like settings modules: they say what INSTALLED_APPS or DATABASES are."""
    return tuple(
        path
        for path in tree.python()
        if "settings" in path
        and re.search(r"^(INSTALLED_APPS|DATABASES|from .* import \*)", tree.text(path), re.MULTILINE)
    )


def dotted(path: str, roots: tuple[str, ...]) -> str:
    """Return the name by which a file is imported from one of *roots*."""
    for root in sorted(roots, key=len, reverse=True):
        if not root or path.startswith(f"{root}/"):
            inner = path[len(root) + 1 :] if root else path
            return inner.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return path.removesuffix(".py").replace("/", ".")


def find_manage(tree: Tree, command: Command, cwd: str) -> str:
    """Return the project's manage.py: the command's own, else the one nearest to where it is run."""
    if command.script:
        path = join(cwd, command.script)
        if tree.has(path):
            return path
    known = [path for path in tree.paths if path.rpartition("/")[2] == "manage.py"]
    above = [
        path for path in known if not cwd or path.startswith(f"{cwd}/") or cwd.startswith(path[: -len("manage.py")])
    ]
    return min(above or known, key=lambda path: (path.count("/"), path), default="")


def roots(tree: Tree, pytest: PytestConfig, manage: str, module: str, cwd: str) -> tuple[str, ...]:
    """Return the folders that modules are imported from, the first one first."""
    found = [join(pytest.rootdir, item) for item in pytest.option("pythonpath").split()]
    found += [cwd, manage.rpartition("/")[0], "src" if "src" in tree.folders() else cwd, pytest.rootdir]
    if module and not tree.module_file(module, tuple(found)):
        ending = f"{module.replace('.', '/')}"
        for path in tree.python():
            for suffix in (f"{ending}.py", f"{ending}/__init__.py"):
                if path == suffix or path.endswith(f"/{suffix}"):
                    found.append(path[: -len(suffix)].rstrip("/"))
    return tuple(dict.fromkeys(item for item in found if item == "" or item in tree.folders()))
