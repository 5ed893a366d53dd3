from bridge.customers.models import Customer


def test_nobody_yet():
    assert Customer.objects.count() == 0
