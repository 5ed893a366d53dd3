from bridge.conf.base import *
