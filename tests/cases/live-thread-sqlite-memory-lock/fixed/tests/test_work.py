import pytest

from post.parcels.models import Parcel
from post.parcels.work import count_in_background


@pytest.mark.django_db(transaction=True)
def test_background_count():
    Parcel.objects.create(code="RR123")
    assert count_in_background() == 1
