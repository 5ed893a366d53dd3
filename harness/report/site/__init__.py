"""The dashboard: a static site."""
