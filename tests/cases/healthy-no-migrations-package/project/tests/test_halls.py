import pytest
from django.apps import apps


@pytest.mark.django_db
def test_halls_are_empty():
    for model in apps.get_models():
        if model.__name__.endswith("Exhibit"):
            assert not model.objects.exists()
