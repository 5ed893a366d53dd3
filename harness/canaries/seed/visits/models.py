from django.db import models


class Visit(models.Model):
    appointment = models.OneToOneField("scheduling.Appointment", on_delete=models.CASCADE, related_name="visit")
    began_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    notes = models.TextField(blank=True)


class Measurement(models.Model):
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="measurements")
    kind = models.CharField(max_length=30)
    value = models.DecimalField(max_digits=8, decimal_places=2)
    unit = models.CharField(max_length=12)

    class Meta:
        unique_together = [("visit", "kind")]
