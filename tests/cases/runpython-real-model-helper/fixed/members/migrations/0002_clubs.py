from django.db import migrations


def forwards(apps, schema_editor):
    Club = apps.get_model("members", "Club")
    for title in ("Chess", "Go"):
        Club.objects.get_or_create(title=title)


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
