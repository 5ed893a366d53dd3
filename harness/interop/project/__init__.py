"""A project read without running any of it, into a draft."""
