from django.conf import settings
from django.db import models


class Invoice(models.Model):
    visit = models.OneToOneField("visits.Visit", on_delete=models.PROTECT, related_name="invoice")
    policy = models.ForeignKey("insurance.Policy", null=True, on_delete=models.SET_NULL, related_name="invoices")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=20, unique=True)
    due_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["due_on", "number"], name="billing_invoice_due")]


class InvoiceLine(models.Model):
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    text = models.CharField(max_length=120)
    amount = models.DecimalField(max_digits=10, decimal_places=2)


class Payment(models.Model):
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    reference = models.CharField(max_length=40, unique=True)
