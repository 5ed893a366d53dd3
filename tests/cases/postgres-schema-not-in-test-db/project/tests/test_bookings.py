import pytest

from bookings.models import Booking


@pytest.mark.django_db
def test_amount():
    assert Booking.objects.create(amount=3).amount == 3
