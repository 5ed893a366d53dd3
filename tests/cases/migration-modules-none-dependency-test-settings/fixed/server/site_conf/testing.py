from site_conf.settings import *
