def test_count(client):
    assert client.get("/count/").json() == {"patients": 0}
