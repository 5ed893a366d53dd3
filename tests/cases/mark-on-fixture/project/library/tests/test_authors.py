def test_name(author):
    author.refresh_from_db()
    assert author.name == "Lem"
