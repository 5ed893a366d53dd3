from library.models import Author


def test_both_are_there(authors):
    assert Author.objects.count() == len(authors)
