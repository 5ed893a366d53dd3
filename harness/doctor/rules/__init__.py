"""The rules, a module per theme. Each is loaded by `harness.doctor.registry.table`."""
