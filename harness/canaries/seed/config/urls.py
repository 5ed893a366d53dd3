from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.urls import path


@login_required
def me(request):
    return HttpResponse(request.user.email, "text/plain")


urlpatterns = [path("me/", me)]
