import pytest

from notices.models import Notice


@pytest.mark.django_db
def test_notice():
    assert Notice.objects.create(text="closed").pk
