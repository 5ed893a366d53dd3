import pytest

from library.models import Author

pytestmark = pytest.mark.django_db


def setup_module(module):
    module.lem = Author.objects.create(name="Lem")


def test_one_author():
    assert Author.objects.count() == 1
