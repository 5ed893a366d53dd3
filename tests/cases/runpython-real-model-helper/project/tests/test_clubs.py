import pytest

from members.models import Club


@pytest.mark.django_db
def test_clubs():
    assert Club.objects.count() == 2
