"""Failing cells in, rules out: the smallest conjunctions of axis predicates that say when a failure occurs."""
