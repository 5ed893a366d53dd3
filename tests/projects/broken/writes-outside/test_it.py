from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType


@pytest.mark.django_db
def test_a_report_is_written_beside_the_project():
    target = Path(__file__).resolve().parent.parent / "written-outside.txt"
    target.write_text(f"{ContentType.objects.count()}\n")
    assert target.exists()
