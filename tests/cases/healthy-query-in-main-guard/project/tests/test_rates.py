import pytest

from exchange.rates.report import lines


@pytest.mark.django_db
def test_lines():
    assert lines() == []
