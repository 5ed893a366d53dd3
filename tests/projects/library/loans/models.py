import datetime as dt

from django.conf import settings
from django.db import models

PERIOD = dt.timedelta(days=28)


class Book(models.Model):
    title = models.CharField(max_length=200)


class Loan(models.Model):
    book = models.OneToOneField(Book, on_delete=models.CASCADE)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    since = models.DateField()

    def is_overdue(self, today):
        return today > self.since + PERIOD
