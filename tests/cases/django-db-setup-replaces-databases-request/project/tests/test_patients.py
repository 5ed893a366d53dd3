import pytest


@pytest.mark.django_db
def test_count(client):
    assert "patients" in client.get("/count/").json()
