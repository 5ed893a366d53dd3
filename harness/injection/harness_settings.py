"""A project's own settings with the cell's databases in place of its own.

Runs inside a cell: imports nothing of harness, and runs wherever the project's Django does.
"""

import importlib
import json
import os

from django.core.exceptions import ImproperlyConfigured

_FAMILIES = ("sqlite", "postg", "mysql")
_OWN_TEST_KEYS = ("MIRROR", "DEPENDENCIES", "MIGRATE", "SERIALIZE")


def _family(engine):
    for family in _FAMILIES:
        if family in engine:
            return family
    return engine


def _replaced(alias, own, given):
    """Return the project's entry of an alias, connected to the cell's database instead of its own."""
    mirrored = own.get("TEST", {}).get("MIRROR")
    cell = given.get(mirrored or alias)
    if cell is None:
        raise ImproperlyConfigured(
            f"DATABASES has {alias!r}, for which the cell has no database: add it to `aliases` of the canary"
        )
    entry = dict(own)
    for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT"):
        entry.pop(key, None)
    entry.update(cell)
    is_same = _family(own.get("ENGINE", "")) == _family(cell["ENGINE"])
    entry["ENGINE"] = own["ENGINE"] if is_same else cell["ENGINE"]  # a backend of the project's, of the same kind
    entry["OPTIONS"] = dict(own.get("OPTIONS", {}) if is_same else {}, **cell.get("OPTIONS", {}))
    kept = {key: value for key, value in own.get("TEST", {}).items() if key in _OWN_TEST_KEYS}
    entry["TEST"] = dict(cell.get("TEST", {}), **kept)
    return entry


_own = importlib.import_module(os.environ["HARNESS_SETTINGS"])
_given = json.loads(os.environ["HARNESS_DATABASES"])
globals().update({_name: getattr(_own, _name) for _name in dir(_own) if _name.isupper()})
DATABASES = {
    _alias: _replaced(_alias, _entry, _given)
    for _alias, _entry in (getattr(_own, "DATABASES", None) or {"default": {}}).items()
}
