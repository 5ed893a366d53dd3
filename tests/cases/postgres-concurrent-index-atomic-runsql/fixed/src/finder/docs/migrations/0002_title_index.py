from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("docs", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE INDEX CONCURRENTLY docs_title ON docs_doc (title)", "DROP INDEX docs_title"),
    ]
