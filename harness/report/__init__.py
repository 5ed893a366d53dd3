"""Records and plans as something to look at: rich renderables and text, never printed here."""
