from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clinics', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='room',
            name='label',
            field=models.CharField(max_length=40),
        ),
    ]
