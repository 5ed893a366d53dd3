import pytest

from patients.models import Patient


@pytest.mark.django_db
def test_surname():
    Patient.objects.create(surname="Curie")
    assert Patient.objects.filter(surname="Curie").exists()
