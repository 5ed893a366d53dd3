from django.http import HttpResponse

from notes.models import Note


def index(request):
    return HttpResponse("\n".join(Note.objects.order_by("title").values_list("title", flat=True)), "text/plain")
