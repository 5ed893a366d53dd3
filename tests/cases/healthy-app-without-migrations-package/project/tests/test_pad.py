import pytest

from scratch.models import Pad


@pytest.mark.django_db
def test_pad():
    assert Pad.objects.create(text="a").pk
