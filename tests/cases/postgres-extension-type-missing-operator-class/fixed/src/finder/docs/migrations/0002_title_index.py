from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("docs", "0001_initial")]

    operations = [
        TrigramExtension(),
        migrations.RunSQL("CREATE INDEX docs_title ON docs_doc USING gin (title gin_trgm_ops)", "DROP INDEX docs_title"),
    ]
