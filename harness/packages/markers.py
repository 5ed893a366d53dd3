"""Tells whether a requirement holds on an interpreter of this machine."""

from __future__ import annotations

from packaging.requirements import Requirement

from harness.model.package import Interpreter


def applies(requirement: Requirement, interpreter: Interpreter) -> bool:
    """Tell whether a requirement's marker holds, no extra being asked for."""
    if requirement.marker is None:
        return True
    own = {
        "python_version": ".".join(interpreter.version.split(".")[:2]),
        "python_full_version": interpreter.version,
        "implementation_version": interpreter.version,
        "implementation_name": interpreter.implementation.lower(),
        "platform_python_implementation": interpreter.implementation,
        "extra": "",
    }
    return requirement.marker.evaluate(own)  # the rest is that of this machine
