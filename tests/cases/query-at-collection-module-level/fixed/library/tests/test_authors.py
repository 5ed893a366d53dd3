import pytest

from library.models import Author


@pytest.mark.django_db
def test_names():
    assert Author.objects.count() == 0
