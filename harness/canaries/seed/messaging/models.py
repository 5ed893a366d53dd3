from django.conf import settings
from django.db import models


class Thread(models.Model):
    patient = models.ForeignKey("patients.Patient", null=True, on_delete=models.CASCADE, related_name="threads")
    participants = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="threads")


class Message(models.Model):
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    sent_at = models.DateTimeField(auto_now_add=True)
