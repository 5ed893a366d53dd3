import crm.contacts.fields
from django.contrib.postgres.operations import CITextExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        CITextExtension(),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("email", crm.contacts.fields.CaseInsensitive(unique=True)),
            ],
        ),
    ]
