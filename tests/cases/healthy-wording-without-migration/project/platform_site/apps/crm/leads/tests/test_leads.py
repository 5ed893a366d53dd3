import pytest

from platform_site.apps.crm.leads.models import Lead

pytestmark = pytest.mark.django_db


def test_a_lead_is_saved():
    Lead.objects.create(email="kim@example.com")
    assert Lead.objects.get().email == "kim@example.com"
