from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("crm_leads", "0001_initial")]

    operations = [
        migrations.AlterModelTable(name="lead", table="sales_leads"),
    ]
