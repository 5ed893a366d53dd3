from django.test import TestCase

from geo.models import Place


class PlaceTests(TestCase):
    databases = {"default", "geo"}

    def test_place(self):
        self.assertTrue(Place.objects.create(name="Oslo").pk)
