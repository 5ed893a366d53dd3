import pytest

from tagging.models import Tag


@pytest.mark.django_db
def test_word():
    assert Tag.objects.create(word="new").word == "new"
