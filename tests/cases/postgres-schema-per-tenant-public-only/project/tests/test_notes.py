import pytest

from notes.models import Note


@pytest.mark.django_db
def test_text():
    Note.objects.create(text="milk")
    assert Note.objects.count() == 1
