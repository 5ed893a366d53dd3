"""Values that every stage shares. Imports the standard library and packaging, nothing of harness but `model`."""
