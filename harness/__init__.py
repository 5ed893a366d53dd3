"""Which combinations of Python, Django, pytest-django, pytest and database server really work: with evidence."""
