from .base import *

DATABASES["default"]["OPTIONS"] = {}
