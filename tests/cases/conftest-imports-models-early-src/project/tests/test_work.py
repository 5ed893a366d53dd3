def test_code(parcel):
    assert parcel.code == "RR1"
