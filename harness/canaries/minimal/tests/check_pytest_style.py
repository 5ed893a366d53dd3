"""Tests as pytest has them; Django's own runner meets them in test_functions.py."""

import pytest
from django.db import connection

from notes.models import Note


@pytest.fixture
def note(db):
    return Note.objects.create(title="from a fixture")


@pytest.mark.django_db
def test_mark():
    assert Note.objects.count() == 0
    Note.objects.create(title="marked")


def test_fixture(note):
    assert list(Note.objects.all()) == [note]


@pytest.mark.django_db(transaction=True)
def test_transaction():
    assert not connection.in_atomic_block
    assert Note.objects.count() == 0
    Note.objects.create(title="committed")


def test_no_database_without_asking():
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        Note.objects.count()
