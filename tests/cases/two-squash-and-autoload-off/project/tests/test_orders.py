import pytest

from catalogue.models import Product
from orders.models import Line


@pytest.mark.django_db
def test_line():
    assert Line.objects.create(product=Product.objects.create(sku="A1")).pk
