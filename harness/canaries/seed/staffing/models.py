from django.conf import settings
from django.db import models


class Specialty(models.Model):
    code = models.SlugField(primary_key=True, max_length=20)
    name = models.CharField(max_length=80)


class Practitioner(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="practitioner")
    clinic = models.ForeignKey("clinics.Clinic", on_delete=models.CASCADE, related_name="practitioners")
    specialties = models.ManyToManyField(Specialty, related_name="practitioners")
    registration = models.CharField(max_length=30)

    class Meta:
        unique_together = [("clinic", "registration")]
