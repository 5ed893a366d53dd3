import socket


def test_the_queue_takes_messages(db):
    with socket.create_connection(("127.0.0.1", 1), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
