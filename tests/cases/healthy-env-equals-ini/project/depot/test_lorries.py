import pytest

from depot.models import Lorry


@pytest.mark.django_db
def test_plate():
    assert Lorry.objects.create(plate="B-17").pk
