from django.db import models


class Booking(models.Model):
    amount = models.IntegerField()
