from django.db import migrations, models

def copy(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT total FROM invoices_invoice")
        Entry = apps.get_model("archive", "Entry")
        for (total,) in cursor.fetchall():
            Entry.objects.create(total=total)


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
        migrations.RunPython(copy, migrations.RunPython.noop),
    ]
