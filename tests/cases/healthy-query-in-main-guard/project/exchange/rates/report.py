import sys

from exchange.rates.models import Rate


def lines():
    return [f"{rate.code} {rate.value}" for rate in Rate.objects.all()]


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()))
