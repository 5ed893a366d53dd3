from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial")]

    operations = [
        migrations.AddField("part", "colour", models.CharField(default="", max_length=20)),
    ]
