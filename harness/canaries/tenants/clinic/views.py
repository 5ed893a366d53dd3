from django.http import HttpResponse

from clinic.models import Patient


def index(request):
    return HttpResponse("\n".join(Patient.objects.order_by("name").values_list("name", flat=True)), "text/plain")
