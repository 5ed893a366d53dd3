from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [("catalogue", "0001_initial"), ("catalogue", "0002_product_name")]
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("sku", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=50, default="")),
            ],
        ),
    ]
