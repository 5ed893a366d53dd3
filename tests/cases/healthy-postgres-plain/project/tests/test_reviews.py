import pytest

from books.models import Book
from reviews.models import Review


@pytest.mark.django_db
def test_stars():
    book = Book.objects.create(title="Solaris")
    assert Review.objects.create(book=book, stars=5).stars == 5
