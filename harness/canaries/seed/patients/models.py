import uuid

from django.conf import settings
from django.db import models


class Patient(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    clinic = models.ForeignKey("clinics.Clinic", on_delete=models.PROTECT, related_name="patients")
    general_practitioner = models.ForeignKey("staffing.Practitioner", null=True, on_delete=models.SET_NULL)
    family_name = models.CharField(max_length=80)
    given_name = models.CharField(max_length=80)
    born_on = models.DateField()
    email = models.EmailField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["family_name", "given_name"], name="patients_by_name")]
