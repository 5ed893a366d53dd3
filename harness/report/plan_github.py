"""Shards as the dynamic matrix of a workflow of GitHub Actions."""

from __future__ import annotations

import json

from harness.plan.view import PlanView


def matrix(view: PlanView) -> str:
    """Return one line of JSON for ``strategy: matrix``: an entry for each shard that has a cell."""
    entries = [
        {
            "number": one.number,
            "shard": one.shard,
            "cells": len(one.cells),
            "databases": ", ".join(one.databases),
            "pythons": ", ".join(one.pythons),
            "about_s": round(one.about_s),
        }
        for one in view.shards
        if one.cells
    ]
    return json.dumps({"include": entries}, ensure_ascii=True)
