#!/usr/bin/env python
import os
import sys


def main():
    sys.path.insert(0, "src")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "acme.settings.base")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
