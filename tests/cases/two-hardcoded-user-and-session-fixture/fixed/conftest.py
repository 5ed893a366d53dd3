import pytest


@pytest.fixture(scope="session", autouse=True)
def editor(django_db_setup, django_db_blocker):
    from people.models import Member

    with django_db_blocker.unblock():
        return Member.objects.create(handle="editor")
