"""What only migrations give: rows, and a view."""

from decimal import Decimal

from django.db import connection
from django.test import TestCase, TransactionTestCase

from catalog.models import Category, PriceRow
from checks import migrations_disabled
from tests.data import product

SLUGS = ["books", "garden-tools", "toys"]


class MigratedMixin:
    def setUp(self):
        if migrations_disabled("default"):
            self.skipTest(migrations_disabled("default"))


class RowTests(MigratedMixin, TestCase):
    def test_rows_of_the_data_migration(self):
        self.assertEqual(SLUGS, list(Category.objects.order_by("slug").values_list("slug", flat=True)))

    def test_rows_may_be_deleted(self):
        Category.objects.all().delete()
        self.assertFalse(Category.objects.exists())

    def test_rows_take_part_in_queries(self):
        made = product(category=Category.objects.get(slug="toys"))
        self.assertEqual(made, Category.objects.get(slug="toys").products.get())


class ViewTests(MigratedMixin, TestCase):
    def test_the_view_is_there(self):
        with connection.cursor() as cursor:
            tables = {table.name: table.type for table in connection.introspection.get_table_list(cursor)}
        self.assertEqual("v", tables["catalog_price_list"])

    def test_the_view_selects(self):
        product(name="Bread knife", price=30, reduced=20)
        product(name="Fork", price=5)
        product(name="Spork", price=1, is_withdrawn=True)
        rows = PriceRow.objects.order_by("name").values_list("name", "category", "price")
        self.assertEqual([("Bread knife", "Cutlery", Decimal(20)), ("Fork", "Cutlery", Decimal(5))], list(rows))


class SerializedRollbackTests(MigratedMixin, TransactionTestCase):
    """Each is followed by a flush, and finds the rows of the data migration again."""

    serialized_rollback = True

    @classmethod
    def tearDownClass(cls):
        # The last flush leaves nothing. Whoever keeps this database for the next run (`pytest --reuse-db`) needs
        # the rows in it, since migrations that are recorded as applied will not make them again.
        if hasattr(connection, "_test_serialized_contents"):
            connection.creation.deserialize_db_from_string(connection._test_serialized_contents)
        super().tearDownClass()

    def test_first(self):
        self.assertEqual(SLUGS, list(Category.objects.order_by("slug").values_list("slug", flat=True)))
        Category.objects.all().delete()

    def test_second(self):
        self.assertEqual(SLUGS, list(Category.objects.order_by("slug").values_list("slug", flat=True)))
        Category.objects.create(name="More", slug="more")

    def test_third(self):
        self.assertEqual(SLUGS, list(Category.objects.order_by("slug").values_list("slug", flat=True)))
        product(category=Category.objects.get(slug="toys"))
