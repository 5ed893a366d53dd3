from django.db import migrations

NAMES = ["Books", "Garden tools", "Toys"]


def add(apps, schema_editor):
    categories = apps.get_model("catalog", "Category").objects.using(schema_editor.connection.alias)
    for name in NAMES:
        categories.create(name=name)


def remove(apps, schema_editor):
    categories = apps.get_model("catalog", "Category").objects.using(schema_editor.connection.alias)
    categories.filter(name__in=NAMES).delete()


class Migration(migrations.Migration):

    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunPython(add, remove)]
