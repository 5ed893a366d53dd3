import pytest

from library.models import Author


class TestShelf:
    @pytest.fixture
    def shelf(self, shelf):
        shelf.append("Solaris")
        return shelf

    def test_shelf(self, shelf):
        assert shelf == ["Solaris"]
        assert not Author.objects.exists()
