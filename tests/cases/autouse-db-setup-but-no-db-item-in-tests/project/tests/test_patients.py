from patients.models import Patient


def test_str():
    assert Patient(surname="Curie").surname == "Curie"
