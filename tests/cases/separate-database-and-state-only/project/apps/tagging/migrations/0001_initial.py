from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Tag",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("word", models.CharField(max_length=30)),
                    ],
                ),
            ],
        ),
    ]
