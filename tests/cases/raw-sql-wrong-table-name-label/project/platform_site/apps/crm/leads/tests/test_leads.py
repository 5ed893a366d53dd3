import pytest
from django.db import connection


@pytest.fixture
def lead(db):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO leads_lead (email) VALUES ('kim@example.com')")


def test_lead(lead):
    pass
