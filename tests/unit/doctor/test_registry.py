"""Rules, their documentation and the cases that are to be diagnosed name the same causes."""

from __future__ import annotations

import importlib.util
import re
import tomllib

from harness.doctor.registry import table


def test_every_rule_has_a_section(pytestconfig):
    """And every section is a rule's, as the rules themselves print it."""
    path = pytestconfig.rootpath / "docs" / "doctor.md"
    spec = importlib.util.spec_from_file_location("docs_doctor", path.with_suffix(".py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"^### (\S+)$", text, re.MULTILINE)) == set(table())
    assert text == module.document(), "accept with: python docs/doctor.py > docs/doctor.md"


def test_every_cause_has_a_rule(pytestconfig):
    """Those of the projects under tests/cases, no more and no less."""
    causes = tomllib.loads((pytestconfig.rootpath / "tests" / "cases" / "causes.toml").read_text(encoding="utf-8"))
    assert set(table()) == set(causes["causes"])


def test_a_rule_says_why():
    """In its title, its docstring and a link."""
    for rule in table().values():
        assert rule.title
        assert (rule.check.__doc__ or "").strip()
        assert rule.link.startswith("https://")
