from catalog.models import Category, Product


def category():
    return Category.objects.get_or_create(slug="cutlery", defaults={"name": "Cutlery"})[0]


def product(**values):
    """Make a product; what is not given cannot clash with another product's."""
    number = Product.objects.count() + 1
    values = {"name": "Knife %d" % number, "sku": "K-%d" % number, "price": 10, "position": number, **values}
    return Product.objects.create(**{"category": values.pop("category", None) or category(), **values})
