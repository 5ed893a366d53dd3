import pytest

from plans.models import Plan


@pytest.mark.django_db
def test_free_plan():
    assert Plan.objects.get(name="free")


@pytest.mark.django_db
def test_rename():
    assert Plan.objects.update(name="gratis") == 1
