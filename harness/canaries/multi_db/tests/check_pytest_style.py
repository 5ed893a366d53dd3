"""Tests as pytest has them; Django's own runner meets them in test_functions.py."""

import pytest
import pytest_django

from shop.models import Product
from tracking.models import Visitor


@pytest.mark.django_db
def test_mark():
    assert not Product.objects.exists()
    Product.objects.create(name="Kettle")


def test_fixture(db):
    assert not Product.objects.exists()


if tuple(map(int, pytest_django.__version__.split(".")[:2])) >= (4, 4):  # what `databases` needs

    @pytest.fixture
    def visitor(db):
        return Visitor.objects.create(token="from a fixture")

    @pytest.mark.django_db(databases=["default", "analytics"])
    def test_both(visitor):
        Product.objects.create(name="Kettle")
        assert list(Visitor.objects.all()) == [visitor]

    @pytest.mark.django_db(databases=["analytics"], transaction=True)
    def test_flushed():
        assert not Visitor.objects.exists()
        Visitor.objects.create(token="committed")

    @pytest.mark.django_db(databases=["default"])
    def test_only_one():
        with pytest.raises(AssertionError, match="'analytics' are not allowed"):
            Visitor.objects.count()
