from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("catalog", "0002_categories")]

    operations = [
        migrations.AddField(
            model_name="category", name="slug", field=models.SlugField(max_length=40, null=True)
        ),
    ]
