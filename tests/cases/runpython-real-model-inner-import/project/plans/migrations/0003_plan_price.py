from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("plans", "0002_first_plans")]

    operations = [
        migrations.AddField("plan", "price", models.IntegerField(default=0)),
    ]
