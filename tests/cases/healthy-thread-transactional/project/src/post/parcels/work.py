from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from post.parcels.models import Parcel


def _count():
    try:
        return Parcel.objects.count()
    finally:
        connection.close()


def count_in_background():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_count).result()
