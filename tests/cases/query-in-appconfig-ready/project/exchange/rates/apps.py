from django.apps import AppConfig


class RatesConfig(AppConfig):
    name = "exchange.rates"

    def ready(self):
        from exchange.rates.models import Rate

        self.known = sorted(Rate.objects.values_list("code", flat=True))
