from statsite.visits.models import PageCount, Visit


def test_counts():
    Visit.objects.create(page="/")
    Visit.objects.create(page="/")
    assert PageCount.objects.get(page="/").visits == 2
