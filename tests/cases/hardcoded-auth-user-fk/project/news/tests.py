import pytest
from django.contrib.auth import get_user_model

from news.models import Post


@pytest.mark.django_db
def test_author_of_a_post():
    author = get_user_model().objects.create(handle="ada")
    Post.objects.create(title="Notes", author=author)
    assert author.post_set.count() == 1
