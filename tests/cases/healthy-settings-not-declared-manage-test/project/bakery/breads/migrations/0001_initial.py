from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Loaf",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("flour", models.CharField(max_length=20)),
            ],
        ),
    ]
