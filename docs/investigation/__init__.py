"""The experiment about the origin story: its scenarios, what was observed of them, the document that says so."""
