from django.db import models


class Drug(models.Model):
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120, db_index=True)


class Prescription(models.Model):
    visit = models.ForeignKey("visits.Visit", on_delete=models.CASCADE, related_name="prescriptions")
    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="prescriptions")
    dose = models.CharField(max_length=60)
    renews = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="renewals")
