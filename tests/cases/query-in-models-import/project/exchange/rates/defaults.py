from exchange.rates.models import Rate


def base_rate():
    return Rate.objects.filter(code="EUR").first()


BASE = base_rate()
