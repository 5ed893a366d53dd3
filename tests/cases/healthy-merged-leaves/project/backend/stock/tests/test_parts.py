import pytest

from stock.models import Part


@pytest.mark.django_db
def test_weight():
    part = Part.objects.create(name="bolt", weight=12)
    part.refresh_from_db()
    assert part.weight == 12
