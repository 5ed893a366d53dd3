from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_squashed_0002_product_name")]

    operations = [
        migrations.CreateModel(
            name="Line",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("product", models.ForeignKey(on_delete=models.CASCADE, to="catalogue.product")),
            ],
        ),
    ]
