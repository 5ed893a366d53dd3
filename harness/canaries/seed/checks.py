"""Hold each test database against the models and migrations of the project.

The same file lies in every canary, and knows none of them: what has to be there is read from the models, the
router and the migrations on disk; what is there is read through Django's introspection. Every function takes a
database alias and returns a list of sentences, empty when all is well.

``SchemaChecks`` makes tests of them: mix it into a ``TestCase`` with ``databases = "__all__"``.
"""

from django.apps import apps
from django.db import connections, router
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import CheckConstraint, UniqueConstraint


def migrations_disabled(alias):
    """Say how migrations were switched off for *alias*, or return an empty string if they are in force."""
    if connections[alias].settings_dict["TEST"].get("MIGRATE", True) is False:
        return "migrations are disabled: TEST['MIGRATE'] is False"
    # `pytest --no-migrations` answers every label with no module.
    if all(MigrationLoader.migrations_module(config.label)[0] is None for config in apps.get_app_configs()):
        return "migrations are disabled: MIGRATION_MODULES has no module for any app"
    return ""


def expected_models(alias):
    """Return the models that must have a table of their own in *alias*, tables of many-to-many fields included."""
    connection = connections[alias]
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.can_migrate(connection) and router.allow_migrate_model(alias, model)
    ]


def table_problems(alias):
    """A table for every managed model that belongs there, none for one that belongs elsewhere."""
    expected = {model._meta.db_table for model in expected_models(alias)}
    if not expected:
        return ["no model belongs there: nothing would be checked"]
    real = set(connections[alias].introspection.table_names())
    others = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model._meta.db_table not in expected
    }
    return ["no such table: %s" % table for table in sorted(expected - real)] + [
        "table of another database: %s" % table for table in sorted(others & real)
    ]


def column_problems(alias):
    """The columns of each table are those of its model, and take NULL where the model does."""
    connection = connections[alias]
    problems = []
    with connection.cursor() as cursor:
        for model in expected_models(alias):
            table = model._meta.db_table
            description = connection.introspection.get_table_description(cursor, table)
            real = {column.name: bool(column.null_ok) for column in description}
            expected = {field.column: field.null for field in model._meta.local_concrete_fields}
            for name in sorted(set(expected) | set(real)):
                if name not in real:
                    problems.append("no such column: %s.%s" % (table, name))
                elif name not in expected:
                    problems.append("column that no field has: %s.%s" % (table, name))
                elif expected[name] != real[name]:
                    problems.append("%s.%s: null is %s, the model says %s" % (table, name, real[name], expected[name]))
    return problems


def index_problems(alias):
    """Every index of a model is there, over its columns and in their order, as far as the database can have it."""
    connection = connections[alias]
    features = connection.features
    problems = []
    for model, real in _tables_with_constraints(alias):
        table = model._meta.db_table
        for index in model._meta.indexes:
            is_over_expressions = bool(getattr(index, "expressions", ()))
            if is_over_expressions and not features.supports_expression_indexes:
                continue
            found = real.get(index.name)
            if found is None or not found["index"]:
                problems.append("no such index: %s on %s" % (index.name, table))
                continue
            if is_over_expressions:
                continue  # introspection has no name for what is not a column
            names = [name for name, _ in index.fields_orders]
            if features.supports_covering_indexes:
                names += index.include  # elsewhere Django leaves INCLUDE out
            problems += _compare_columns(model, index.name, names, found)
            orders = [order or "ASC" for _, order in index.fields_orders]
            if features.supports_index_column_ordering and found["orders"] and found["orders"][: len(orders)] != orders:
                problems.append("%s on %s: order is %s, not %s" % (index.name, table, found["orders"], orders))
        for field in model._meta.local_concrete_fields:
            if field.db_index and not field.unique and not _is_indexed(connection, field, real):
                problems.append("no index on %s.%s" % (table, field.column))
    return problems


def constraint_problems(alias):
    """Every primary key, unique, foreign key and check of a model is there, as far as the database can have it."""
    connection = connections[alias]
    features = connection.features
    problems = []
    for model, real in _tables_with_constraints(alias):
        table = model._meta.db_table
        if not _has(real, [model._meta.pk.column], "primary_key"):
            problems.append("no primary key on %s.%s" % (table, model._meta.pk.column))
        for field in model._meta.local_concrete_fields:
            if field.unique and not field.primary_key and not _has(real, [field.column], "unique"):
                problems.append("no unique constraint on %s.%s" % (table, field.column))
            if field.remote_field and field.db_constraint and features.supports_foreign_keys:
                target = (field.target_field.model._meta.db_table, field.target_field.column)
                if target not in [c["foreign_key"] for c in real.values() if list(c["columns"]) == [field.column]]:
                    problems.append("no foreign key from %s.%s to %s.%s" % ((table, field.column) + target))
        for names in model._meta.unique_together:
            if not _has(real, [model._meta.get_field(name).column for name in names], "unique"):
                problems.append("no unique constraint on %s (%s)" % (table, ", ".join(names)))
        for constraint in model._meta.constraints:
            kind = _kind_if_supported(constraint, features)
            found = real.get(constraint.name)
            if kind and (found is None or not found[kind]):
                problems.append("no such constraint: %s on %s" % (constraint.name, table))
            elif kind == "unique" and constraint.fields:
                names = list(constraint.fields) + list(getattr(constraint, "include", None) or ())
                problems += _compare_columns(model, constraint.name, names, found)
            elif not kind and found is not None:
                problems.append("%s on %s is there, though Django cannot make it" % (constraint.name, table))
    return problems


def migration_problems(alias):
    """``django_migrations`` is complete: each migration on disk is recorded, none is waiting, none is unknown."""
    connection = connections[alias]
    executor = MigrationExecutor(connection)
    on_disk = set(executor.loader.disk_migrations)
    recorded = set(MigrationRecorder(connection).applied_migrations())
    waiting = {(m.app_label, m.name) for m, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())}
    if not on_disk:
        return ["there are no migrations on disk: nothing would be checked"]
    return (
        ["not recorded: %s.%s" % key for key in sorted(on_disk - recorded)]
        + ["not applied: %s.%s" % key for key in sorted(waiting)]
        + ["recorded, but not on disk: %s.%s" % key for key in sorted(recorded - on_disk)]
    )


def _tables_with_constraints(alias):
    connection = connections[alias]
    with connection.cursor() as cursor:
        for model in expected_models(alias):
            yield model, connection.introspection.get_constraints(cursor, model._meta.db_table)


def _has(constraints, columns, kind):
    return any(c[kind] and list(c["columns"]) == columns for c in constraints.values())


def _is_indexed(connection, field, constraints):
    if connection.vendor == "mysql" and field.remote_field:
        # Django leaves it to InnoDB, for which any index that begins with the column will do.
        return any(c["index"] and list(c["columns"])[:1] == [field.column] for c in constraints.values())
    return _has(constraints, [field.column], "index")


def _compare_columns(model, name, fields, found):
    expected = [model._meta.get_field(field).column for field in fields]
    if list(found["columns"]) == expected:
        return []
    return ["%s on %s is over %s, not %s" % (name, model._meta.db_table, list(found["columns"]), expected)]


def _kind_if_supported(constraint, features):
    """Return the key of introspection for a constraint, or None where Django leaves it out on this database."""
    if isinstance(constraint, CheckConstraint):
        can = features.supports_table_check_constraints and features.can_introspect_check_constraints
        return "check" if can else None
    if isinstance(constraint, UniqueConstraint):
        can = (
            (not constraint.condition or features.supports_partial_indexes)
            and (not constraint.deferrable or features.supports_deferrable_unique_constraints)
            and (not getattr(constraint, "include", None) or features.supports_covering_indexes)
            and (not getattr(constraint, "expressions", None) or features.supports_expression_indexes)
        )
        return "unique" if can else None
    raise TypeError("a kind of constraint that is not known here: %r" % constraint)


class SchemaChecks:
    """A test for each of the above, over every alias of the project."""

    maxDiff = None

    def assert_none(self, problems_of):
        found = {alias: problems_of(alias) for alias in connections}
        self.assertEqual({}, {alias: problems for alias, problems in found.items() if problems})

    def test_tables(self):
        self.assert_none(table_problems)

    def test_columns(self):
        self.assert_none(column_problems)

    def test_indexes(self):
        self.assert_none(index_problems)

    def test_constraints(self):
        self.assert_none(constraint_problems)

    def test_migrations_are_complete(self):
        for alias in connections:
            if migrations_disabled(alias):
                self.skipTest(migrations_disabled(alias))
        self.assert_none(migration_problems)
