"""One cell outside the harness: what a person needs to see its answer with uv and a server alone."""
