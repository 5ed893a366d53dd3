import pytest
from django.contrib.auth import get_user_model


@pytest.mark.django_db
def test_robot():
    assert get_user_model().objects.get().username == "robot"
