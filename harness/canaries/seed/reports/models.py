from django.conf import settings
from django.db import models


class Report(models.Model):
    clinic = models.ForeignKey("clinics.Clinic", on_delete=models.CASCADE, related_name="reports")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    invoices = models.ManyToManyField("billing.Invoice", related_name="reports")
    month = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "month"], name="reports_one_per_month")]
