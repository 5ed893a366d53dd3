class Router:
    apps = {"geo"}

    def db_for_read(self, model, **hints):
        return "geo" if model._meta.app_label in self.apps else None

    def db_for_write(self, model, **hints):
        return "geo" if model._meta.app_label in self.apps else None

    def allow_migrate(self, db, app_label, **hints):
        if app_label in self.apps:
            return db == "geo_db"
        return db == "default"
