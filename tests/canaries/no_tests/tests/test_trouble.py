"""A module of tests with none in it."""
