from functools import cached_property

from django.apps import AppConfig


class RatesConfig(AppConfig):
    name = "exchange.rates"

    @cached_property
    def known(self):
        from exchange.rates.models import Rate

        return sorted(Rate.objects.values_list("code", flat=True))
