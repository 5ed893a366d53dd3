"""Shards as a workflow's matrix."""

from __future__ import annotations

import datetime as dt
import json

from harness.model.plan import Coverage
from harness.model.spec import Strength
from harness.plan.view import PlanView, ShardView
from harness.report.plan_github import matrix


def shard(number: int, *cells: str) -> ShardView:
    """Return one of three shards."""
    return ShardView(
        number=number,
        shard=f"{number}/3",
        cells=cells,
        databases=("postgres-17", "sqlite-memory") if cells else (),
        pythons=("3.13",) if cells else (),
        about_s=89.6 if cells else 0.0,
    )


def test_one_line_with_an_entry_for_each_shard_that_has_cells() -> None:
    """An empty job would be started for nothing."""
    view = PlanView(
        cells=("a", "b", "c"),
        left_out=(),
        coverage=Coverage(strength=Strength.PAIRS, covered=1, feasible=1),
        product=3,
        as_of=dt.datetime(2026, 8, 1, tzinfo=dt.UTC),
        estimate_s=None,
        jobs=1,
        shards=(shard(1, "a", "b"), shard(2), shard(3, "c")),
    )
    line = matrix(view)

    assert "\n" not in line
    assert [entry["shard"] for entry in json.loads(line)["include"]] == ["1/3", "3/3"]
    assert json.loads(line)["include"][0] == {
        "number": 1,
        "shard": "1/3",
        "cells": 2,
        "databases": "postgres-17, sqlite-memory",
        "pythons": "3.13",
        "about_s": 90,
    }
