import pytest

from exchange.rates.forms import RateForm


@pytest.mark.django_db
def test_form():
    assert RateForm({"code": "XXX"}).is_valid()
