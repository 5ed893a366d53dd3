import pytest

from sales.models.order import Order


@pytest.mark.django_db
def test_orders_start_empty():
    assert not Order.objects.exists()
