from django.db import models


class CaseInsensitive(models.TextField):
    def db_type(self, connection):
        return "citext"
