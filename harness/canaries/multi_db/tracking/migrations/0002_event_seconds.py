from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='seconds',
            field=models.FloatField(null=True),
        ),
    ]
