from bakery.settings.common import *

DEBUG = True
