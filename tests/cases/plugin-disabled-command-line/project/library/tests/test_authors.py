import pytest

from library.models import Author


@pytest.mark.django_db
def test_author():
    assert Author.objects.create(name="Lem").pk
