from django.db import connection
from django.test import TestCase
from django_tenants.utils import schema_context

from checks import SchemaChecks, migrations_disabled
from tests.base import TABLES, customer, tables_of


class SchemaTests(SchemaChecks, TestCase):
    """The public schema: the router lets the shared apps in, and no other."""

    databases = "__all__"

    def test_the_public_schema_has_no_tables_of_tenants(self):
        self.assertIn("customers_customer", tables_of("public"))
        self.assertEqual(set(), TABLES & tables_of("public"))


class TenantSchemaTests(SchemaChecks, TestCase):
    """The same checks in a tenant's schema: the tenants' apps, and no other."""

    databases = "__all__"

    @classmethod
    def setUpTestData(cls):
        if not migrations_disabled("default"):
            customer("north")

    def setUp(self):
        if migrations_disabled("default"):
            self.skipTest("%s, and migrate_schemas makes no tables without" % migrations_disabled("default"))
        context = schema_context("north")
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def test_the_schema_has_its_tables(self):
        self.assertEqual("north", connection.schema_name)
        self.assertEqual(TABLES | {"django_migrations"}, tables_of("north"))
