"""Accounts and entries that always balance."""
