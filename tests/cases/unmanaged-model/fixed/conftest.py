import pytest
from django.db import connection


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    from bridge.customers.models import Customer

    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        editor.create_model(Customer)
