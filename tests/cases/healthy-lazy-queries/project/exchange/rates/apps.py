from django.apps import AppConfig
from django.db.models.signals import post_migrate


def add_base(sender, **kwargs):
    from exchange.rates.models import Rate

    Rate.objects.get_or_create(code="XXX")


class RatesConfig(AppConfig):
    name = "exchange.rates"

    def ready(self):
        post_migrate.connect(add_base, sender=self)
