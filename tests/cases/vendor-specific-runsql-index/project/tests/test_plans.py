import pytest

from plans.models import Plan


@pytest.mark.django_db
def test_plan():
    assert Plan.objects.create(name="free").pk
