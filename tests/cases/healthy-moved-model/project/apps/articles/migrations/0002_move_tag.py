from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial"), ("tagging", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Tag")]),
    ]
