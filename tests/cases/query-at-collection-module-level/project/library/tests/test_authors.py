import pytest

from library.models import Author

NAMES = list(Author.objects.values_list("name", flat=True))


@pytest.mark.django_db
def test_names():
    assert Author.objects.count() == len(NAMES)
