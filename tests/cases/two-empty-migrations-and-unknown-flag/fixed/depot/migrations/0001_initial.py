from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Lorry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("plate", models.CharField(max_length=12)),
            ],
        ),
    ]
