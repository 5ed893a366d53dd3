from django.db import models


class Assay(models.Model):
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)


class LabOrder(models.Model):
    visit = models.ForeignKey("visits.Visit", on_delete=models.CASCADE, related_name="lab_orders")
    ordered_by = models.ForeignKey("staffing.Practitioner", on_delete=models.PROTECT)
    assays = models.ManyToManyField(Assay, through="LabResult", related_name="orders")


class LabResult(models.Model):
    order = models.ForeignKey(LabOrder, on_delete=models.CASCADE, related_name="results")
    assay = models.ForeignKey(Assay, on_delete=models.PROTECT)
    value = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "assay"], name="laboratory_one_result")]
