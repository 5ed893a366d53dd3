from django.test import TestCase

from geo.models import Place


class PlaceTests(TestCase):
    def test_place(self):
        self.assertTrue(Place.objects.create(name="Oslo").pk)
