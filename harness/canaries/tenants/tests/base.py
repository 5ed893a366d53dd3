from django.db import connection

from customers.models import Customer, Domain

TABLES = {"clinic_patient", "clinic_visit"}


def customer(name):
    """Make a customer with a schema called *name* and tables in it."""
    made = Customer(schema_name=name, name=name)
    made.save(verbosity=0)
    Domain.objects.create(tenant=made, domain="%s.example.test" % name, is_primary=True)
    return made


def tables_of(schema):
    """Return the names of the tables in *schema*, from the catalogue itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = %s", [schema])
        return {name for (name,) in cursor.fetchall()}
