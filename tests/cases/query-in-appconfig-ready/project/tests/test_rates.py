import pytest

from exchange.rates.models import Rate


@pytest.mark.django_db
def test_default():
    assert Rate.objects.create(code="EUR").value == 1.0
