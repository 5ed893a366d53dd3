import pytest


@pytest.fixture
def shelf(db):
    return []
