from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stock", "0002_part_colour"), ("stock", "0002_part_weight")]
    operations = []
