from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("depot", "0001_initial")]

    operations = [
        migrations.AddField("lorry", "axles", models.IntegerField(default=2)),
    ]
