import pytest

from patients.models import Patient


@pytest.fixture(scope="session", autouse=True)
def everybody(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        Patient.objects.bulk_create([Patient(surname="Curie")])
