import pytest

from geo.models import Place


@pytest.mark.django_db
def test_place_is_found():
    Place.objects.create(name="Oslo")
    assert list(Place.objects.values_list("name", flat=True)) == ["Oslo"]
