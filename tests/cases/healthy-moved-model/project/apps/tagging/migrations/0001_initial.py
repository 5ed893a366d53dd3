from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Tag",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("word", models.CharField(max_length=30)),
                    ],
                    options={"db_table": "articles_tag"},
                ),
            ],
        ),
    ]
