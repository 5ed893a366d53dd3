from asgiref.sync import sync_to_async
from django.db import connections, router, transaction
from django.test import TestCase, TransactionTestCase

from shop.models import Product, Sale
from tracking.models import Event, Visitor

BOTH = {"default", "analytics"}


def buy():
    """Leave a row in each table of both databases."""
    product = Product.objects.create(name="Kettle")
    Sale.objects.create(product=product, quantity=1)
    return Event.objects.create(visitor=Visitor.objects.create(token="t"), product=product.pk, kind="buy")


def counts():
    return [model.objects.count() for model in (Product, Sale, Visitor, Event)]


class RouterTests(TestCase):
    databases = BOTH

    def test_rows_go_where_the_router_says(self):
        event = buy()
        self.assertEqual("analytics", event._state.db)
        self.assertEqual("default", Product.objects.get(pk=event.product)._state.db)

    def test_tables_are_in_one_database_only(self):
        shop, tracking = {"shop_product", "shop_sale"}, {"tracking_visitor", "tracking_event"}
        tables = {alias: set(connections[alias].introspection.table_names()) for alias in connections}
        self.assertEqual(shop, tables["default"] & (shop | tracking))
        self.assertEqual(tracking, tables["analytics"] & (shop | tracking))

    def test_a_relation_across_is_refused(self):
        self.assertTrue(router.allow_relation(Product(), Sale()))
        self.assertFalse(router.allow_relation(Product(), Visitor()))

    async def test_async(self):
        await sync_to_async(buy)()
        self.assertEqual([1, 1, 1, 1], await sync_to_async(counts)())


class RollbackTests(TestCase):
    """Each of the two would find the other's rows, were they not rolled back in both databases."""

    databases = BOTH

    def test_first(self):
        self.assertEqual([0, 0, 0, 0], counts())
        buy()

    def test_second(self):
        self.assertEqual([0, 0, 0, 0], counts())
        buy()


class OneDatabaseTests(TestCase):
    """``databases`` is what a test may touch; the default is ``{"default"}``."""

    def test_own(self):
        self.assertEqual(0, Product.objects.count())

    def test_other(self):
        with self.assertRaisesRegex(AssertionError, "'analytics' are not allowed"):
            Visitor.objects.count()


class FlushTests(TransactionTestCase):
    """Each of the two would find the other's committed rows, were they not flushed in both databases."""

    databases = BOTH

    def test_first(self):
        self.assertEqual([0, 0, 0, 0], counts())
        buy()

    def test_second(self):
        self.assertEqual([0, 0, 0, 0], counts())
        buy()

    def test_transactions_are_apart(self):
        with self.assertRaisesRegex(RuntimeError, "stop"), transaction.atomic(using="analytics"):
            buy()
            raise RuntimeError("stop")
        self.assertEqual([1, 1, 0, 0], counts())
