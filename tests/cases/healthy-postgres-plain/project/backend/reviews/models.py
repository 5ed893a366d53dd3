from django.db import models


class Review(models.Model):
    book = models.ForeignKey("books.Book", on_delete=models.CASCADE)
    stars = models.IntegerField()
