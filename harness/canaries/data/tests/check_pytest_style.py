"""Tests as pytest has them; Django's own runner meets them in test_functions.py.

None is transactional: the flush after it would take the rows of the data migration away from who comes next.
"""

import pytest
from django.db import IntegrityError, transaction

from catalog.models import Product
from tests.data import product


@pytest.fixture
def knife(db):
    return product(name="Bread knife")


@pytest.mark.django_db
def test_mark():
    assert not Product.objects.exists()
    product()


def test_fixture(knife):
    assert Product.objects.get() == knife


def test_check(db):
    with pytest.raises(IntegrityError), transaction.atomic():
        product(price=-1)
