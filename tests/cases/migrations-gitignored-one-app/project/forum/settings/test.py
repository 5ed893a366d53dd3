from forum.settings.base import *
