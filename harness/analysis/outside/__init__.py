"""What a run without the probe shows: by its JUnit XML, its log and its exit codes."""
