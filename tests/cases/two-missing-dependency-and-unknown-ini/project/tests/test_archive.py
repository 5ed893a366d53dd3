import pytest

from office.archive.models import Entry


@pytest.mark.django_db
def test_total():
    assert Entry.objects.create(total=4).total == 4
