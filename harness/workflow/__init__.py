"""The loops that tie rooms together: prepare, run, show."""
