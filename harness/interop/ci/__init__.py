"""Pipelines that plan, fan out, merge and publish."""
