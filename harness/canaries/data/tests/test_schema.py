from django.test import TestCase

from checks import SchemaChecks


class SchemaTests(SchemaChecks, TestCase):
    databases = "__all__"
