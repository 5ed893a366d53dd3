from django.db import models


class Note(models.Model):
    title = models.CharField(max_length=80, unique=True)
    text = models.TextField(blank=True)
    written_at = models.DateTimeField(null=True)
    is_pinned = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["is_pinned", "-written_at"], name="notes_by_date")]
