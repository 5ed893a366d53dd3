from library.models import Author


def test_author():
    assert Author.objects.create(name="Lem").pk
