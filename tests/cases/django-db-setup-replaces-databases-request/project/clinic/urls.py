from django.http import JsonResponse
from django.urls import path

from patients.models import Patient

urlpatterns = [path("count/", lambda request: JsonResponse({"patients": Patient.objects.count()}))]
