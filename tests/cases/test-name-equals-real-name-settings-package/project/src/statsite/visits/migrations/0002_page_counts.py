from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("visits", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE VIEW page_counts AS SELECT page, COUNT(*) AS visits FROM visits_visit GROUP BY page",
            "DROP VIEW page_counts",
        ),
    ]
