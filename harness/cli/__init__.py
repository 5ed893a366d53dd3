"""A module per command; the only place that prints, reads argv and exits."""
