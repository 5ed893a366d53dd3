import pytest

from plans.models import Plan

pytestmark = pytest.mark.django_db(transaction=True)


def test_free_plan_can_be_renamed():
    Plan.objects.filter(name="free").update(name="gratis")
    assert Plan.objects.filter(name="gratis").exists()


def test_free_plan_is_there():
    assert Plan.objects.get(name="free")
