from django.test import TestCase

from bakery.breads.models import Loaf


class LoafTests(TestCase):
    def test_flour(self):
        self.assertEqual(Loaf.objects.create(flour="rye").flour, "rye")
