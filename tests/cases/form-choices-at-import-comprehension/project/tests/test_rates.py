import pytest

from exchange.rates.forms import RateForm


@pytest.mark.django_db
def test_form():
    assert not RateForm({"code": "EUR"}).is_valid()
