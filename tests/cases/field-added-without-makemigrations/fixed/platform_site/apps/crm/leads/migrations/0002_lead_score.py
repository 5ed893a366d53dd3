from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm_leads", "0001_initial")]

    operations = [
        migrations.AddField("lead", "score", models.IntegerField(default=0)),
    ]
