import pytest


@pytest.fixture(scope="session", autouse=True)
def first_patient(django_db_setup, django_db_blocker):
    from patients.models import Patient

    with django_db_blocker.unblock():
        Patient.objects.create(surname="Curie")
