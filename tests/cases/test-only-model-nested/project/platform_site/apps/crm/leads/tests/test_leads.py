import pytest

from platform_site.apps.crm.leads.tests.models import Dummy


@pytest.mark.django_db
def test_dummy():
    assert Dummy.objects.create(word="a").pk
