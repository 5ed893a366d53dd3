from django.db import models


class Patient(models.Model):
    name = models.CharField(max_length=80)
    record = models.CharField(max_length=20, unique=True)
    born_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["name"], name="clinic_patient_name")]


class Visit(models.Model):
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="visits")
    began_at = models.DateTimeField(auto_now_add=True)
    room = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "room"], name="clinic_visit_room")]
