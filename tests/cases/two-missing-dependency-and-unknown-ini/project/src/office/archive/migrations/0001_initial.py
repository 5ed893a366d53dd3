from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("total", models.IntegerField()),
            ],
        ),
        migrations.RunSQL("INSERT INTO archive_entry (total) SELECT total FROM invoices_invoice", migrations.RunSQL.noop),
    ]
