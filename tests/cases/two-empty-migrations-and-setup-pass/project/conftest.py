import pytest


@pytest.fixture(scope="session")
def django_db_setup():
    """Use the database that is there."""
