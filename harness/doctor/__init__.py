"""Reads a Django project's test set-up: from evidence to findings, one rule per cause."""
