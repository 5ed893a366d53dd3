from django.db import models


class Patient(models.Model):
    surname = models.CharField(max_length=60)
