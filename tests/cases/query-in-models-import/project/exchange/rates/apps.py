from django.apps import AppConfig


class RatesConfig(AppConfig):
    name = "exchange.rates"

    def ready(self):
        from exchange.rates import defaults  # noqa: F401
