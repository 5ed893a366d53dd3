import pytest

from library.models import Author


@pytest.fixture
def author(db):
    return Author.objects.create(name="Lem")
