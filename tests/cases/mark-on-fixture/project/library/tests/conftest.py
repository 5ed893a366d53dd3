import pytest

from library.models import Author


@pytest.mark.django_db
@pytest.fixture
def author():
    return Author.objects.create(name="Lem")
