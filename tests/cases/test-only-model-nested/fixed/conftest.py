import pytest
from django.db import connection


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    from platform_site.apps.crm.leads.tests.models import Dummy

    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Dummy)
