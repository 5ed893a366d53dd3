from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("catalog", "0004_fill_slugs")]

    operations = [
        migrations.AlterField(
            model_name="category", name="slug", field=models.SlugField(max_length=40, unique=True)
        ),
    ]
