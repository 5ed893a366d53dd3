"""Effects for one cell: working copy, environment, server, probe → evidence; with the scheduler."""
