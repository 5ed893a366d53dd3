import pytest
from django.contrib.contenttypes.models import ContentType


@pytest.mark.django_db
def test_the_database():
    assert ContentType.objects.count() == 1
