from django.db import models


class Named(models.Model):
    name = models.CharField(max_length=50)
    is_retired = models.BooleanField(default=False)

    class Meta:
        abstract = True
