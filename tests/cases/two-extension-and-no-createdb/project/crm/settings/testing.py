from crm.settings.base import *
