from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "platform_site.apps.billing"
