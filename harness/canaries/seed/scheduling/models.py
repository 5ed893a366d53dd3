from django.conf import settings
from django.db import models


class Appointment(models.Model):
    patient = models.ForeignKey("patients.Patient", on_delete=models.CASCADE, related_name="appointments")
    practitioner = models.ForeignKey("staffing.Practitioner", on_delete=models.CASCADE, related_name="appointments")
    room = models.ForeignKey("clinics.Room", null=True, on_delete=models.SET_NULL)
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(default=20)
    status = models.CharField(max_length=12, default="booked")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practitioner", "starts_at"], name="scheduling_one_at_a_time")]
        indexes = [
            models.Index(fields=["-starts_at"], name="scheduling_latest"),
            models.Index(fields=["status", "starts_at"], name="scheduling_by_status"),
        ]
