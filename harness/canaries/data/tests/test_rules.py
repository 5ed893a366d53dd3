"""What constraints and indexes do, beyond being there."""

from asgiref.sync import sync_to_async
from django.db import IntegrityError, connection, transaction
from django.test import TestCase

from catalog.models import Category, Product
from tests.data import product

QUERIES = {
    "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = %s",
    "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname = %s",
}


def definition(name):
    """Return the SQL of an index in upper case, or None where the database does not tell."""
    if connection.vendor not in QUERIES:
        return None
    with connection.cursor() as cursor:
        cursor.execute(QUERIES[connection.vendor], [name])
        return cursor.fetchone()[0].upper()


class ConstraintTests(TestCase):
    def assert_refused(self, **values):
        with self.assertRaises(IntegrityError), transaction.atomic():
            product(**values)

    def test_checks(self):
        self.assert_refused(price=0)
        self.assert_refused(price=10, reduced=10)
        product(price=10, reduced=9)

    def test_unique_where(self):
        product(sku="same", is_withdrawn=True)
        product(sku="same")
        if connection.features.supports_partial_indexes:
            elsewhere = Category.objects.create(name="Elsewhere", slug="elsewhere")  # no other rule is in the way
            self.assert_refused(sku="same", category=elsewhere)

    def test_unique_covering(self):
        product(name="same")
        if connection.features.supports_covering_indexes:
            self.assert_refused(name="same")

    def test_unique_together(self):
        product(sku="same", is_withdrawn=True)
        self.assert_refused(sku="same", is_withdrawn=True)

    def test_deferred(self):
        one, two = product(position=1), product(position=2)
        with transaction.atomic():
            Product.objects.filter(pk=one.pk).update(position=2)
            Product.objects.filter(pk=two.pk).update(position=1)
        if connection.features.supports_deferrable_unique_constraints:
            with self.assertRaises(IntegrityError), transaction.atomic():
                product(position=1)
                connection.check_constraints()


class IndexTests(TestCase):
    def test_definitions(self):
        definitions = {
            name: definition(name) for name in ("catalog_on_sale", "catalog_sku_covers", "catalog_upper_name")
        }
        if connection.vendor not in QUERIES:
            self.assertEqual({None}, set(definitions.values()))
            return
        self.assertIn(" WHERE ", definitions["catalog_on_sale"])
        self.assertIn("UPPER(", definitions["catalog_upper_name"])
        self.assertIn(" DESC", definitions["catalog_upper_name"])
        covers = connection.features.supports_covering_indexes
        self.assertEqual(covers, " INCLUDE " in definitions["catalog_sku_covers"])


class RollbackTests(TestCase):
    """Each of the two would find the other's row, were it not rolled back."""

    def test_first(self):
        self.assertEqual(0, Product.objects.count())
        product(name="the same", sku="the same")

    def test_second(self):
        self.assertEqual(0, Product.objects.count())
        product(name="the same", sku="the same")

    async def test_async(self):
        await sync_to_async(product)(name="the same", sku="the same")
        self.assertEqual(1, await sync_to_async(Product.objects.count)())
