"""Database servers: one module per way of getting one, and one table that names them."""

from harness.databases.context import Context
from harness.databases.providers import offer

__all__ = ["Context", "offer"]
