from django.contrib.auth import get_user_model
from django.db import migrations


def forwards(apps, schema_editor):
    User = get_user_model()
    User.objects.get_or_create(username="robot")


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
