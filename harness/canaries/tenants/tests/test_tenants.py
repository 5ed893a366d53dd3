from asgiref.sync import sync_to_async
from django.test import TestCase, TransactionTestCase
from django_tenants.utils import schema_context, schema_exists

from checks import migrations_disabled
from clinic.models import Patient, Visit
from customers.models import Customer
from tests.base import TABLES, customer, tables_of


class TenantTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        if not migrations_disabled("default"):
            cls.north, cls.south = customer("north"), customer("south")

    def setUp(self):
        if migrations_disabled("default"):
            self.skipTest("%s, and migrate_schemas makes no tables without" % migrations_disabled("default"))

    def test_rows_stay_in_their_schema(self):
        with schema_context("north"):
            Visit.objects.create(patient=Patient.objects.create(name="Ada", record="1"))
        with schema_context("south"):
            self.assertFalse(Patient.objects.exists())
            Patient.objects.create(name="Bob", record="1")
        with schema_context("north"):
            self.assertEqual(["Ada"], list(Visit.objects.values_list("patient__name", flat=True)))

    def test_the_host_chooses_the_schema(self):
        with schema_context("south"):
            Patient.objects.create(name="Bob", record="1")
        self.assertEqual(b"", self.client.get("/", HTTP_HOST="north.example.test").content)
        self.assertEqual(b"Bob", self.client.get("/", HTTP_HOST="south.example.test").content)
        self.assertEqual(404, self.client.get("/", HTTP_HOST="nowhere.example.test").status_code)

    def test_a_schema_goes_with_its_customer(self):
        self.south.delete()
        self.assertFalse(schema_exists("south"))
        self.assertTrue(schema_exists("north"))

    async def test_async(self):
        def names():
            with schema_context("north"):
                Patient.objects.create(name="Ada", record="1")
                return list(Patient.objects.values_list("name", flat=True))

        self.assertEqual(["Ada"], await sync_to_async(names)())


class RollbackTests(TestCase):
    """Each of the two would find the other's customer and schema, were they not rolled back."""

    def test_first(self):
        self.assertEqual([False, False], [Customer.objects.exists(), schema_exists("east")])
        customer("east")

    def test_second(self):
        self.assertEqual([False, False], [Customer.objects.exists(), schema_exists("east")])
        customer("east")


class CommittedTests(TransactionTestCase):
    """A flush empties the tables of the public schema; a tenant's schema has to be dropped."""

    def test_first(self):
        self.assertEqual([False, False], [Customer.objects.exists(), schema_exists("west")])
        made = customer("west")
        self.addCleanup(made.delete)
        self.assertTrue(schema_exists("west"))

    def test_second(self):
        self.assertEqual([False, False], [Customer.objects.exists(), schema_exists("west")])
        made = customer("west")
        self.addCleanup(made.delete)
        if not migrations_disabled("default"):
            self.assertEqual(TABLES, TABLES & tables_of("west"))
