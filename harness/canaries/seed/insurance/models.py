from django.db import models


class Insurer(models.Model):
    name = models.CharField(max_length=120, unique=True)


class Policy(models.Model):
    insurer = models.ForeignKey(Insurer, on_delete=models.PROTECT, related_name="policies")
    patient = models.ForeignKey("patients.Patient", on_delete=models.CASCADE, related_name="policies")
    number = models.CharField(max_length=40)
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["insurer", "number"], name="insurance_policy_number")]
