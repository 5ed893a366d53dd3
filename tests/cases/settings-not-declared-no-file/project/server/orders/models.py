from django.db import models


class Line(models.Model):
    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE)
