import os

import pytest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "post.settings")

from post.parcels.models import Parcel


@pytest.fixture
def parcel(db):
    return Parcel.objects.create(code="RR1")
