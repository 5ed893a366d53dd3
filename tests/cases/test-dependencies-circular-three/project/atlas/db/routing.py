class Router:
    apps = {"geo"}

    def db_for_read(self, model, **hints):
        return "geo" if model._meta.app_label in self.apps else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return db == ("geo" if app_label in self.apps else "default")
