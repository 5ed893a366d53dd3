from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=80, unique=True)


class Sale(models.Model):
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="sales")
    quantity = models.PositiveIntegerField()
    sold_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["product", "-sold_at"], name="shop_sale_latest")]
