"""Tests as pytest has them; Django's own runner meets them in test_functions.py."""

import pytest
from django.db import connection
from django_tenants.utils import schema_exists

from customers.models import Customer
from tests.base import customer


@pytest.fixture
def north(db):
    return customer("north")


@pytest.mark.django_db
def test_mark():
    assert connection.schema_name == "public"
    assert not Customer.objects.exists()


def test_fixture(north):
    assert schema_exists("north")
    assert connection.schema_name == "public"


@pytest.mark.django_db(transaction=True)
def test_flushed():
    assert not Customer.objects.exists()
    customer("north").delete()
    assert not schema_exists("north")
