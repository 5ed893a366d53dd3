from django.conf import settings
from django.db import connections


class TenantRouter:
    def allow_migrate(self, db, app_label, **hints):
        if app_label not in settings.TENANT_APPS:
            return None
        with connections[db].cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            return cursor.fetchone()[0] != "public"
