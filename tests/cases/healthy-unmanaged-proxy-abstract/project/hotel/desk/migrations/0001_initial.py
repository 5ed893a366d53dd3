from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=50)),
                ("kind", models.CharField(max_length=10, default="guest")),
            ],
        ),
        migrations.CreateModel(
            name="PayrollRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("amount", models.IntegerField()),
            ],
            options={"db_table": "payroll", "managed": False},
        ),
        migrations.CreateModel(
            name="Guest",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("desk.person",),
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("person", models.ForeignKey(on_delete=models.CASCADE, to="desk.person")),
            ],
        ),
    ]
