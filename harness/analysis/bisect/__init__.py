"""The search for the release, the day or the package that made a difference: pure, asking through one Protocol."""
