from django.apps import AppConfig


class BoatsConfig(AppConfig):
    name = "yard.fleet.boats"
