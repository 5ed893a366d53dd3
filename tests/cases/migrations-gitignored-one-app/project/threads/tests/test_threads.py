import pytest
from django.contrib.auth import get_user_model

from threads.models import Thread


@pytest.mark.django_db
def test_starter():
    starter = get_user_model().objects.create(handle="ada")
    assert Thread.objects.create(subject="Hello", starter=starter).starter == starter
