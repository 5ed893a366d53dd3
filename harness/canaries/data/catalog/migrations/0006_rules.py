from django import VERSION
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Upper

# The argument of CheckConstraint: renamed in Django 5.1, the old name removed in 6.0.
CONDITION = "condition" if VERSION >= (5, 1) else "check"

CONSTRAINTS = [
    models.CheckConstraint(name="catalog_price_positive", **{CONDITION: Q(price__gt=0)}),
    models.CheckConstraint(
        name="catalog_reduced_is_less", **{CONDITION: Q(reduced__isnull=True) | Q(reduced__lt=F("price"))}
    ),
    models.UniqueConstraint(fields=["sku"], condition=Q(is_withdrawn=False), name="catalog_sku_on_sale"),
    models.UniqueConstraint(
        fields=["category", "position"], deferrable=models.Deferrable.DEFERRED, name="catalog_position_deferred"
    ),
    models.UniqueConstraint(fields=["name"], include=["price"], name="catalog_name_covers"),
    models.UniqueConstraint(fields=["category", "sku", "is_withdrawn"], name="catalog_sku_in_category"),
]
INDEXES = [
    models.Index(fields=["category", "-made_at"], name="catalog_newest"),
    models.Index(fields=["price"], condition=Q(is_withdrawn=False), name="catalog_on_sale"),
    models.Index(fields=["sku"], include=["price"], name="catalog_sku_covers"),
    models.Index(Upper("name"), F("price").desc(), name="catalog_upper_name"),
]


class Migration(migrations.Migration):

    dependencies = [("catalog", "0005_slug_required")]

    operations = [migrations.AddConstraint(model_name="product", constraint=c) for c in CONSTRAINTS] + [
        migrations.AddIndex(model_name="product", index=index) for index in INDEXES
    ]
