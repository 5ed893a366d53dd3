import pytest

from patients.models import Patient


@pytest.mark.django_db
def test_loaded():
    assert Patient.objects.get().surname == "Noether"
