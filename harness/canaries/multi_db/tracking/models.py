from django.db import models


class Visitor(models.Model):
    token = models.CharField(max_length=32, unique=True)


class Event(models.Model):
    visitor = models.ForeignKey(Visitor, on_delete=models.CASCADE, related_name="events")
    product = models.BigIntegerField(db_index=True)  # the key of a row in the other database
    kind = models.CharField(max_length=20)
    seconds = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visitor", "product", "kind"], name="tracking_event_once")]
