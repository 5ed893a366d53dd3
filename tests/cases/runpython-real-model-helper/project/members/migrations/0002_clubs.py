from django.db import migrations


def forwards(apps, schema_editor):
    from members.defaults import ensure_clubs

    ensure_clubs()


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
