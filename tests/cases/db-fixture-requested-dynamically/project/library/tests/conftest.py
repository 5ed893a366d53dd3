import pytest

from library.models import Author


@pytest.fixture
def authors(request):
    request.getfixturevalue("db")
    return [Author.objects.create(name=name) for name in ("Le Guin", "Lem")]
