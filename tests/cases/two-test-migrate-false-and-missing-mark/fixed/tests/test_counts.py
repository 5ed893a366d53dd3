import pytest

from statsite.visits.models import PageCount, Visit


@pytest.mark.django_db
def test_counts():
    Visit.objects.create(page="/")
    Visit.objects.create(page="/")
    assert PageCount.objects.get(page="/").visits == 2
