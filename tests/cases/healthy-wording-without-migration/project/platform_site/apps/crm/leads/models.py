from django.db import models


class Lead(models.Model):
    email = models.EmailField("e-mail", help_text="Where to write")

    class Meta:
        verbose_name_plural = "prospects"
        ordering = ["email"]
