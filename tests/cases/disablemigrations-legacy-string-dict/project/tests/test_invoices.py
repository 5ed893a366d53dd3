import pytest

from acme.invoicing.models import Invoice


@pytest.mark.django_db
def test_number_is_kept():
    Invoice.objects.create(number="2024-17")
    assert Invoice.objects.get().number == "2024-17"
