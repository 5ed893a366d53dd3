from django.db import models


class Person(models.Model):
    name = models.CharField(max_length=50)
    kind = models.CharField(max_length=10, default="guest")


class Guest(Person):
    class Meta:
        proxy = True


class Stamped(models.Model):
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Visit(Stamped):
    person = models.ForeignKey(Person, on_delete=models.CASCADE)


class PayrollRow(models.Model):
    amount = models.IntegerField()

    class Meta:
        managed = False
        db_table = "payroll"
