import pytest

from sheds.models import Shed


@pytest.mark.django_db
def test_size():
    assert Shed.objects.create(size=3).size == 3
