import pytest

from library.models import Author


@pytest.mark.django_db
class TestAuthors:
    def test_two_names(self):
        Author.objects.create(name="Le Guin")
        assert Author.objects.filter(name__startswith="Le").count() == 1
