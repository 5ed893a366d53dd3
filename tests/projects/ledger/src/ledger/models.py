from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Sum


class Account(models.Model):
    name = models.CharField(max_length=100, unique=True)

    def __str__(self):
        return self.name

    def balance(self):
        return self.entries.aggregate(total=Sum("cents"))["total"] or 0


class Entry(models.Model):
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    cents = models.BigIntegerField()
    text = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "text"], name="one_entry_per_text")]


def transfer(source, target, cents, text=""):
    """Move money: both entries are written, or none is."""
    if cents <= 0:
        raise ValidationError("only what is more than nothing can be moved")
    with transaction.atomic():
        source.entries.create(cents=-cents, text=text)
        target.entries.create(cents=cents, text=text)
