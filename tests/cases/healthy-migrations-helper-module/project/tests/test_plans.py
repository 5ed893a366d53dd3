import pytest

from plans.models import Plan


@pytest.mark.django_db
def test_plans():
    assert Plan.objects.count() == 2
