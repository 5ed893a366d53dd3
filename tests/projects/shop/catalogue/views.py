from django.http import JsonResponse

from catalogue.models import Product


def search(request):
    found = Product.objects.filter(tags__contains=request.GET.getlist("tag"))
    return JsonResponse({"names": [product.name for product in found]})
