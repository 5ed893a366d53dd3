import pytest

from depot.storage.models import Crate


@pytest.mark.django_db
def test_label():
    assert Crate.objects.create(label="7").label == "7"
