from site_conf.settings import *

MIGRATION_MODULES = {
    "catalogue": None,
}
