import pytest

from bridge.customers.models import Customer


@pytest.mark.django_db
def test_nobody_yet():
    assert Customer.objects.count() == 0
