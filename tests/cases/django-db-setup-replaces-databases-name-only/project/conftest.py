import pytest
from django.core.management import call_command


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = ":memory:"
    with django_db_blocker.unblock():
        call_command("check", databases=["default"], verbosity=0)
