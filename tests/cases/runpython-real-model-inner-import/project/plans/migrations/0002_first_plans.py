from django.db import migrations


def add(apps, schema_editor):
    from plans.models import Plan

    Plan.objects.create(name="free")


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
