import pytest

from crm.contacts.models import Contact


@pytest.mark.django_db
def test_case_does_not_matter():
    Contact.objects.create(email="Kim@example.com")
    assert Contact.objects.filter(email="kim@EXAMPLE.com").exists()
