import pytest

from plants.models import Plant


@pytest.mark.django_db
def test_latin_name():
    Plant.objects.create(latin="Rosa canina")
    assert Plant.objects.count() == 1
