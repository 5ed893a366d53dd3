"""Which settings module a cell's can take the place of, for commands of tox's."""

from __future__ import annotations

import shlex

import pytest

from harness.doctor.tree import Tree
from harness.interop.project.into_draft import Told
from harness.interop.project.reach import Reach
from harness.workflow.init_tox import known

FILES = {
    "pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = shop.settings\n",
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "force.py": "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\n",
    "runtests.py": "import django\ndjango.setup()\n",
    "shop/settings.py": "DATABASES = {}\n",
}


@pytest.mark.parametrize(
    ("lines", "given", "cwd", "module"),
    [
        (["pytest"], "", ".", "shop.settings"),
        (["pytest"], "", "shop", "shop.settings"),
        (["coverage run -m pytest"], "", ".", "shop.settings"),
        (["pytest"], "shop.other", ".", "shop.other"),
        (["pytest --ds=shop.other"], "", ".", ""),
        (["python manage.py test"], "", ".", "shop.settings"),
        (["python manage.py collectstatic", "python manage.py test --settings=shop.other"], "", ".", ""),
        (["python runtests.py"], "shop.other", ".", "shop.other"),
        (["python runtests.py"], "", ".", ""),
        (["python force.py test"], "shop.other", ".", ""),
        (["make test"], "shop.other", ".", ""),
        (["pytest", "python runtests.py"], "", ".", ""),
    ],
)
def test_settings_are_replaced_where_a_variable_decides_them(tmp_path, lines, given, cwd, module):
    """Not where an option or a script does, nor where nobody knows."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    tree = Tree(root=tmp_path, paths=tuple(sorted(FILES)))
    told = Told(settings="shop.settings", settings_because="", roots=("",), manage="manage.py", cwd="")
    found = known(tree, told, Reach(databases=(), because=""))
    assert found.in_force([tuple(shlex.split(line)) for line in lines], given, cwd) == module
