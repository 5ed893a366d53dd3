from django.db import models

from yard.common.bases import Named as Base


class Boat(Base):
    built = models.IntegerField(default=2000)
