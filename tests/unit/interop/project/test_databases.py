"""How settings come by their databases."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from harness.interop.project import databases
from harness.interop.project.databases import Entry, How
from harness.interop.project.settings_chain import chain
from harness.model.spec import Engine

PG = '"ENGINE": "django.db.backends.postgresql"'
LITE = '{"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"}}'
Read = Callable[..., tuple[Entry, ...]]


@pytest.fixture
def read(tree) -> Read:
    """Returns a function from the text of settings, and further files, to the entries."""

    def entries(text: str, **more: str) -> tuple[Entry, ...]:
        named = {f"{name.replace('__', '/')}.py": textwrap.dedent(body) for name, body in more.items()}
        files = tree({"shop/__init__.py": "", "shop/settings.py": textwrap.dedent(text), **named})
        return databases.read(files, chain(files, "shop.settings", ("",)))

    return entries


def test_what_is_written_out(read: Read) -> None:
    """Each alias, with its engine and where it stands; a mirror is known as one."""
    found = read(
        f"""
        DATABASES = {{
            "default": {{{PG}, "NAME": "shop", "HOST": "db"}},
            "log": dict(ENGINE="django.db.backends.mysql"),
            "replica": {{{PG}, "TEST": {{"MIRROR": "default"}}}},
        }}
        """
    )
    assert [(item.alias, item.how, item.engines, item.is_mirror, item.line) for item in found] == [
        ("default", How.WRITTEN, (Engine.POSTGRESQL,), False, 3),
        ("log", How.WRITTEN, (Engine.MYSQL,), False, 4),
        ("replica", How.WRITTEN, (Engine.POSTGRESQL,), True, 5),
    ]


@pytest.mark.parametrize(
    ("value", "variable", "engines"),
    [
        ("dj_database_url.config()", "DATABASE_URL", ()),
        ('dj_database_url.config(default="postgres://a@b/c")', "DATABASE_URL", (Engine.POSTGRESQL,)),
        ('dj_database_url.config(env="SHOP_DB")', "SHOP_DB", ()),
        ('dj_database_url.parse(os.environ["SHOP_URL"])', "SHOP_URL", ()),
        ("env.db()", "DATABASE_URL", ()),
        ('env.db("SHOP_DB", default="sqlite:///x")', "SHOP_DB", (Engine.SQLITE,)),
        ('env.db_url(default=f"sqlite:///{BASE}/x")', "DATABASE_URL", (Engine.SQLITE,)),
        ('{**env.db(), "ATOMIC_REQUESTS": True}', "DATABASE_URL", ()),
        ('{"ENGINE": engine(URL), "HOST": URL.hostname}', "SHOP_URL", ()),
        ("from_url()", "DB_DSN", (Engine.MYSQL,)),
    ],
)
def test_an_address_in_a_variable(read: Read, value: str, variable: str, engines: tuple[Engine, ...]) -> None:
    """Whoever reads it: a library, or a function of the project's, its own or imported."""
    found = read(
        f"""
        from shop.urls import from_url
        URL = urlsplit(os.environ["SHOP_URL"])
        DATABASES = {{"default": {value}}}
        """,
        shop__urls='def from_url():\n    return parse(os.getenv("DB_DSN", "mysql://root@db/shop"))\n',
    )
    assert [(item.how, item.variables, item.engines) for item in found] == [(How.URL, (("URL", variable),), engines)]


def test_parts_in_variables(read: Read) -> None:
    """Part by part, through names of the module; what ENGINE comes to by itself is known."""
    (found,) = read(
        """
        HOST = env("DB_HOST")
        DATABASES = {"default": {
            "ENGINE": "django.db.backends.{}".format(os.getenv("DB_BACKEND", "sqlite3")),
            "NAME": os.environ["DB_NAME"],
            "PORT": int(os.environ.get("DB_PORT", 5432)),
            "OPTIONS": {"sslmode": os.environ["DB_SSL"]},
        }}
        """
    )
    assert found.how is How.VARIABLES
    assert found.variables == (("NAME", "DB_NAME"), ("PORT", "DB_PORT"))
    assert found.engines == (Engine.SQLITE,)


@pytest.mark.parametrize(
    ("engine", "engines"),
    [
        ('f"django.db.backends.{KIND}"', (Engine.POSTGRESQL,)),
        ('"django.db.backends." + KIND', (Engine.POSTGRESQL,)),
        ('f"django.db.backends.{KIND!r:>9}"', ()),
        ('f"django.db.backends.{OTHER}"', ()),
        ('os.environ["ENGINE"]', ()),
    ],
)
def test_an_engine_may_be_put_together(read: Read, engine: str, engines: tuple[Engine, ...]) -> None:
    """With the default of a variable that it is made of, where there is one."""
    (found,) = read(
        f"""
        KIND = os.environ.get("DB_ENGINE", "postgresql")
        OTHER = os.environ["DB_KIND"]
        DATABASES = {{"default": {{"ENGINE": {engine}, "HOST": os.environ.get("DB_HOST", "127.0.0.1")}}}}
        """
    )
    assert found.engines == engines


def test_what_is_computed_is_not_guessed(read: Read) -> None:
    """An engine that is known of nothing is not known."""
    assert [(item.how, item.engines) for item in read("DATABASES = load()")] == [(How.COMPUTED, ())]
    (oracle,) = read('DATABASES = {"default": {"ENGINE": "django.db.backends.oracle"}}')
    assert (oracle.how, oracle.engines, oracle.backend) == (How.WRITTEN, (), "django.db.backends.oracle")
    assert read("X = 1") == ()
    assert read("def (") == ()


def test_the_last_statement_decides(read: Read) -> None:
    """A later assignment replaces what comes before, also that of a base; under a condition it stands beside it."""
    base = f"DATABASES = {{'default': {{{PG}}}, 'log': {{{PG}}}}}\n"
    replaced = read(f"from shop.base import *\nDATABASES = {LITE}", shop__base=base)
    assert [(item.alias, item.engines) for item in replaced] == [("default", (Engine.SQLITE,))]
    one = read(f'from .base import *\nDATABASES["log"] = {LITE}["default"]', shop__base=base)
    assert [(item.alias, item.path) for item in one] == [("default", "shop/base.py"), ("log", "shop/settings.py")]
    either = read(f"from .base import *\nif 'test' in sys.argv:\n    DATABASES = {LITE}", shop__base=base)
    assert [(item.alias, item.engines, item.is_certain) for item in either] == [
        ("default", (Engine.POSTGRESQL,), True),
        ("default", (Engine.SQLITE,), False),
        ("log", (Engine.POSTGRESQL,), True),
    ]


def test_a_choice_by_a_variable_is_the_one_without_it(tree) -> None:
    """Whatever is not set is known not to be; the others are there for who asks."""
    text = """
    ENGINE = os.environ.get("TEST_DB", "sqlite").lower()
    if ENGINE == "postgres":
        DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
    elif ENGINE in ("mysql", "mariadb"):
        DATABASES = {"default": {"ENGINE": "django.db.backends.mysql"}}
    else:
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
    """
    files = tree({"settings.py": text})
    known = chain(files, "settings", ("",))
    assert [(item.engines, item.is_certain) for item in databases.read(files, known)] == [((Engine.SQLITE,), True)]
    every = databases.read(files, known, is_every=True)
    assert [item.engines for item in every] == [(Engine.POSTGRESQL,), (Engine.MYSQL,), (Engine.SQLITE,)]


def test_an_address_that_is_asked_for_first_is_certain(read: Read) -> None:
    """``if "DATABASE_URL" in os.environ``: in a cell it is there. Another condition may not hold."""
    text = """
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}
    if %s:
        DATABASES["default"] = dj_database_url.config()
    """
    assert read(text % '"DATABASE_URL" in os.environ')[-1].is_certain
    assert not read(text % "PRODUCTION")[-1].is_certain


def test_an_update_is_read(read: Read) -> None:
    """As hosting services have it written."""
    found = read(f"DATABASES = {LITE}\nDATABASES['default'].update(dj_database_url.config(conn_max_age=500))")
    assert [item.how for item in found] == [How.WRITTEN, How.URL]


def test_modules_that_include_one_another_end(read: Read) -> None:
    """A circle of star imports, and django-split-settings."""
    found = read("from .other import *\n", shop__other=f"from .settings import *\nDATABASES = {LITE}")
    assert [item.path for item in found] == ["shop/other.py"]
    found = read('include("parts/*.py", optional("local.py"))', shop__parts__db=f"DATABASES = {LITE}")
    assert [item.path for item in found] == ["shop/parts/db.py"]
