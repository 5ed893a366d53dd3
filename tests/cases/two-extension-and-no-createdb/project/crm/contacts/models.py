from django.db import models

from crm.contacts.fields import CaseInsensitive


class Contact(models.Model):
    email = CaseInsensitive(unique=True)
