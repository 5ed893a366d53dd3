"""Turns the JUnit file of a command that cannot be observed into evidence, in the probe's own protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestCase, TestSuite

from harness.model.evidence import JUNIT
from harness.model.protocol import PROTOCOL


def evidence(xml: bytes, *, python: str) -> bytes:
    """Return the events that a JUnit file amounts to, empty where it is none; *python* is the cell's version."""
    try:
        cases = list(_cases(JUnitXml.fromstring(xml)))
    except (JUnitXmlError, ValueError, SyntaxError):  # lxml and ElementTree raise kinds of SyntaxError
        return b""
    events: list[dict[str, Any]] = [
        {
            "e": "hello",
            "protocol": PROTOCOL,
            "probe": "",
            "pid": 0,
            "worker": "",
            "run": 1,
            "runner": JUNIT,
            "python": python,
            "sqlite": "",
        },
        {"e": "collected", "count": len(cases)},
        *map(_event, cases),
        {"e": "bye", "exit_status": 0},
    ]
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)


def _cases(found: JUnitXml | TestSuite) -> Iterator[TestCase]:
    for item in found:
        if isinstance(item, TestCase):
            yield item
        else:
            yield from _cases(item)


def _event(case: TestCase) -> dict[str, Any]:
    event: dict[str, Any] = {
        "e": "test",
        "id": "::".join(filter(None, (str(case.classname or ""), str(case.name or "")))),
        "outcome": "passed",
        "phase": "call",
        "duration_s": float(case.time or 0.0),
    }
    for result in case.result:
        match result:
            case Skipped():
                return event | {"outcome": "skipped", "reason": str(result.message or "")}
            case Failure() | Error():
                kind = str(result.type or "")
                failure = {"type": kind, "message": str(result.message or ""), "trace": str(result.text or "")}
                return event | {"outcome": "failed", "failure": failure}
            case _:
                continue
    return event
