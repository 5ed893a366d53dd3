import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from ledger.models import Account, Entry, transfer


@pytest.fixture
def accounts(db):
    return Account.objects.create(name="cash"), Account.objects.create(name="bank")


def test_a_transfer_balances(accounts):
    cash, bank = accounts
    transfer(cash, bank, 1250, "first")
    assert (cash.balance(), bank.balance()) == (-1250, 1250)


def test_a_transfer_is_whole_or_nothing(accounts):
    cash, bank = accounts
    bank.entries.create(cents=1, text="twice")
    with pytest.raises(IntegrityError):
        transfer(cash, bank, 5, "twice")
    assert not Entry.objects.filter(account=cash).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("cents", [0, -1])
def test_nothing_is_not_moved(cents):
    account = Account.objects.create(name="a")
    with pytest.raises(ValidationError):
        transfer(account, account, cents)
