from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("books", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("stars", models.IntegerField()),
                ("book", models.ForeignKey(on_delete=models.CASCADE, to="books.book")),
            ],
        ),
    ]
