from django import VERSION
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

# The argument of CheckConstraint: renamed in Django 5.1, the old name removed in 6.0.
CONDITION = "condition" if VERSION >= (5, 1) else "check"


class Category(models.Model):
    """Reference data: its rows are made by a migration."""

    name = models.CharField(max_length=40)
    slug = models.SlugField(max_length=40, unique=True)


class Product(models.Model):
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    name = models.CharField(max_length=80)
    sku = models.CharField(max_length=20)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    reduced = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    position = models.IntegerField()
    made_at = models.DateTimeField(auto_now_add=True)
    is_withdrawn = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="catalog_price_positive", **{CONDITION: Q(price__gt=0)}),
            models.CheckConstraint(
                name="catalog_reduced_is_less", **{CONDITION: Q(reduced__isnull=True) | Q(reduced__lt=F("price"))}
            ),
            models.UniqueConstraint(fields=["sku"], condition=Q(is_withdrawn=False), name="catalog_sku_on_sale"),
            models.UniqueConstraint(
                fields=["category", "position"],
                deferrable=models.Deferrable.DEFERRED,
                name="catalog_position_deferred",
            ),
            models.UniqueConstraint(fields=["name"], include=["price"], name="catalog_name_covers"),
            models.UniqueConstraint(fields=["category", "sku", "is_withdrawn"], name="catalog_sku_in_category"),
        ]
        indexes = [
            models.Index(fields=["category", "-made_at"], name="catalog_newest"),
            models.Index(fields=["price"], condition=Q(is_withdrawn=False), name="catalog_on_sale"),
            models.Index(fields=["sku"], include=["price"], name="catalog_sku_covers"),
            models.Index(Upper("name"), F("price").desc(), name="catalog_upper_name"),
        ]


class PriceRow(models.Model):
    """A row of the view that migration 0007 makes."""

    name = models.CharField(max_length=80)
    category = models.CharField(max_length=40)
    price = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        managed = False
        db_table = "catalog_price_list"
