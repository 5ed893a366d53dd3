import pytest
from django.db import connection

from catalogue.models import Product


@pytest.mark.django_db
def test_products_are_found_by_tag(client):
    Product.objects.create(name="Pot", tags=["kitchen", "steel"])
    Product.objects.create(name="Pen", tags=["desk"])
    assert client.get("/search", {"tag": "kitchen"}).json() == {"names": ["Pot"]}


@pytest.mark.django_db
def test_it_is_postgresql():
    assert connection.vendor == "postgresql"
