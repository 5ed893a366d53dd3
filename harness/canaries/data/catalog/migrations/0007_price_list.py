from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("catalog", "0006_rules")]

    operations = [
        migrations.RunSQL(
            """
            CREATE VIEW catalog_price_list AS
            SELECT product.id, product.name, category.name AS category,
                   COALESCE(product.reduced, product.price) AS price
            FROM catalog_product product
            JOIN catalog_category category ON category.id = product.category_id
            WHERE NOT product.is_withdrawn
            """,
            "DROP VIEW catalog_price_list",
            state_operations=[
                migrations.CreateModel(
                    name="PriceRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        ("category", models.CharField(max_length=40)),
                        ("price", models.DecimalField(decimal_places=2, max_digits=8)),
                    ],
                    options={"db_table": "catalog_price_list", "managed": False},
                ),
            ],
        ),
    ]
