from .models import Club


def ensure_clubs():
    for title in ("Chess", "Go"):
        Club.objects.get_or_create(title=title)
