"""Other tools' files: read into drafts of a matrix, written from its plan."""
