from conf.testing import *

DEBUG = False
