from django.db import models


class FishExhibit(models.Model):
    label = models.CharField(max_length=40)
    neighbour = models.ForeignKey("birds.BirdsExhibit", null=True, on_delete=models.SET_NULL)
