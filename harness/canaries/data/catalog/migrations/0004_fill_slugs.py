from django.db import migrations
from django.utils.text import slugify


def fill(apps, schema_editor):
    for category in apps.get_model("catalog", "Category").objects.using(schema_editor.connection.alias):
        category.slug = slugify(category.name)
        category.save(update_fields=["slug"])


class Migration(migrations.Migration):

    dependencies = [("catalog", "0003_category_slug")]

    # Apart from the change of the table: PostgreSQL alters none with rows of the same transaction pending.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
