import pytest
from django.db import transaction

from notes.models import Note


@pytest.mark.django_db
def test_notes_are_found_by_what_they_are_about():
    Note.objects.create(text="Milk", meta={"about": {"place": "shop"}})
    Note.objects.create(text="Rent")
    assert [note.text for note in Note.objects.filter(meta__about__place="shop")] == ["Milk"]


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_told(django_capture_on_commit_callbacks):
    told = []
    with transaction.atomic():
        transaction.on_commit(lambda: told.append(Note.objects.count()))
        Note.objects.create(text="Bread")
    assert told == [1]
