import pytest


@pytest.fixture(scope="session", name="django_db_setup")
def keep_database():
    yield
