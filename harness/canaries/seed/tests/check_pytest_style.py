"""Tests as pytest has them; Django's own runner meets them in test_functions.py."""

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from clinics.models import Clinic


@pytest.fixture
def clinic(db):
    owner = get_user_model().objects.create_user(email="owner@example.test")
    return Clinic.objects.create(name="South", owner=owner)


@pytest.mark.django_db
def test_mark():
    assert not Clinic.objects.exists()
    get_user_model().objects.create_user(email="owner@example.test")


def test_fixture(clinic):
    assert clinic.owner.clinics.get() == clinic


def test_django_user_model(db, django_user_model):
    assert django_user_model is get_user_model()


def test_transactional_db(transactional_db):
    assert not connection.in_atomic_block
    assert not get_user_model().objects.exists()
    get_user_model().objects.create_user(email="committed@example.test")


@pytest.mark.django_db(transaction=True)
def test_flushed():
    assert not get_user_model().objects.exists()
    get_user_model().objects.create_user(email="committed@example.test")
