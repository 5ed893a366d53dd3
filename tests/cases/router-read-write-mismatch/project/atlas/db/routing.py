class Router:
    def db_for_read(self, model, **hints):
        if model._meta.app_label == "geo":
            return "geo"
        return None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return db == "default"
