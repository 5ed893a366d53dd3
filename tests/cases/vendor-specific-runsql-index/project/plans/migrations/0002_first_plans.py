from django.db import migrations


def index(apps, schema_editor):
    schema_editor.execute("CREATE INDEX plan_name ON plans_plan USING hash (name)")


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial")]

    operations = [migrations.RunPython(index, migrations.RunPython.noop)]
