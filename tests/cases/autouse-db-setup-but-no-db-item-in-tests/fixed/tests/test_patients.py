import pytest

from patients.models import Patient


@pytest.mark.django_db
def test_str():
    assert Patient(surname="Curie").surname == "Curie"
