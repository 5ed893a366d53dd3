class AnalyticsRouter:
    """Keep the app ``tracking`` in ``analytics``, and everything else out of it."""

    def db_for_read(self, model, **hints):
        return "analytics" if model._meta.app_label == "tracking" else "default"

    db_for_write = db_for_read

    def allow_relation(self, one, other, **hints):
        return self.db_for_read(type(one)) == self.db_for_read(type(other))

    def allow_migrate(self, db, app_label, **hints):
        return db == ("analytics" if app_label == "tracking" else "default")
