import pytest

from hotel.desk.models import Guest, Visit


@pytest.mark.django_db
def test_visit():
    guest = Guest.objects.create(name="Kim")
    assert Visit.objects.create(person=guest).at
