from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "platform_site.apps.crm.leads"
    label = "crm_leads"
