from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Plant",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("latin", models.CharField(max_length=80)),
            ],
        ),
    ]
