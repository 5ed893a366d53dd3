import pytest

from finder.docs.models import Doc


@pytest.mark.django_db
def test_title():
    assert Doc.objects.create(title="A").pk
