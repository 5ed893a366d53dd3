from conf.base import *

INSTALLED_APPS += ["depot"]
