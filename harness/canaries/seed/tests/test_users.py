from asgiref.sync import sync_to_async
from django.contrib.auth import authenticate, get_user_model
from django.db import IntegrityError, connection, transaction
from django.test import TestCase, TransactionTestCase

from authentication.models import LoginAttempt

User = get_user_model()


class UserTests(TestCase):
    def test_the_model_is_the_projects_own(self):
        self.assertEqual("authentication.User", User._meta.label)
        self.assertEqual("users", User._meta.db_table)
        tables = connection.introspection.table_names()
        self.assertIn("users", tables)
        self.assertNotIn("auth_user", tables)

    def test_create_user(self):
        user = User.objects.create_user(email="ada@EXAMPLE.test", password="pw")
        self.assertEqual("ada@example.test", User.objects.get(pk=user.pk).email)
        self.assertTrue(user.check_password("pw"))
        self.assertEqual(user, authenticate(username="ada@example.test", password="pw"))

    def test_an_address_is_unique(self):
        User.objects.create_user(email="ada@example.test")
        with self.assertRaises(IntegrityError), transaction.atomic():
            User.objects.create_user(email="ada@example.test")

    def test_log_in(self):
        self.client.force_login(User.objects.create_user(email="ada@example.test"))
        self.assertEqual(b"ada@example.test", self.client.get("/me/").content)

    async def test_async(self):
        user = await sync_to_async(User.objects.create_user)(email="ada@example.test")
        await sync_to_async(LoginAttempt.objects.create)(
            user=user, address="::1", succeeded=True, made_at=user.joined_at
        )
        self.assertEqual(1, await sync_to_async(user.login_attempts.count)())


class RollbackTests(TestCase):
    """Each of the two would find the other's row, were it not rolled back."""

    def test_first(self):
        self.assertFalse(User.objects.exists())
        User.objects.create_superuser(email="root@example.test", password="pw")

    def test_second(self):
        self.assertFalse(User.objects.exists())
        User.objects.create_superuser(email="root@example.test", password="pw")


class ClassDataTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user(email="ada@example.test")

    def test_first(self):
        self.user.delete()
        self.assertFalse(User.objects.exists())

    def test_second(self):
        self.user.delete()
        self.assertFalse(User.objects.exists())


class FlushTests(TransactionTestCase):
    """Each of the two would find the other's committed row, were it not flushed."""

    def test_first(self):
        self.assertFalse(User.objects.exists())
        User.objects.create_user(email="ada@example.test")

    def test_second(self):
        self.assertFalse(User.objects.exists())
        User.objects.create_user(email="ada@example.test")

    def test_commit_hooks(self):
        seen = []
        with transaction.atomic():
            user = User.objects.create_user(email="ada@example.test")
            transaction.on_commit(lambda: seen.append(user.pk))
            self.assertEqual([], seen)
        self.assertEqual([user.pk], seen)
