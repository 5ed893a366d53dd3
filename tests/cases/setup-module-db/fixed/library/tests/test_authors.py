import pytest

from library.models import Author

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lem(db):
    return Author.objects.create(name="Lem")


def test_one_author():
    assert Author.objects.count() == 1
