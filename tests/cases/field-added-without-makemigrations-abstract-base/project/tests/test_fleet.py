from django.test import TestCase

from yard.fleet.boats.models import Boat
from yard.fleet.crews.models import Crew


class FleetTests(TestCase):
    def test_boat(self):
        self.assertFalse(Boat.objects.create(name="Ida").is_retired)

    def test_crew(self):
        self.assertFalse(Crew.objects.create(name="First").is_retired)
