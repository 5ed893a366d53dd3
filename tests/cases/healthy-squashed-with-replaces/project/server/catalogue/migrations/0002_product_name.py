from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]

    operations = [
        migrations.AddField("product", "name", models.CharField(default="", max_length=50)),
    ]
