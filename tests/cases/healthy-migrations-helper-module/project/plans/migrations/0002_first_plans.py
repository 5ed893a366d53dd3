from django.db import migrations

from plans.migrations._names import NAMES


def add(apps, schema_editor):
    Plan = apps.get_model("plans", "Plan")
    for name in NAMES:
        Plan.objects.create(name=name)


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
