from django.db import migrations


def add(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Plan = apps.get_model("plans", "Plan")
    kind, _ = ContentType.objects.get_or_create(app_label="plans", model="plan")
    Plan.objects.create(name="free", kind=kind.pk)


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial"), ("contenttypes", "0002_remove_content_type_name")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
