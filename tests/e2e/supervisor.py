"""What a service manager is to a server, as far as tests need one: it hears what the server says,
and holds the server's port."""
import contextlib
import os
import secrets
import socket
import time


class NotifySocket:
    """Where a service says how it is (NOTIFY_SOCKET): a name that is no file, so that a service in
    another root folder finds it."""

    def __init__(self):
        self.name = f"@esclusa-test-{os.getpid()}-{secrets.token_hex(4)}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.name[1:])
        self.heard = []  # the messages so far

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def wait_for(self, message, timeout=30):
        """Waits until a message with this line has come since the last call; returns it."""
        end = time.monotonic() + timeout
        while True:
            self._socket.settimeout(max(end - time.monotonic(), 0.01))
            try:
                text = self._socket.recv(4096).decode()
            except TimeoutError:
                raise AssertionError(f"{message} did not come; came: {self.heard}") from None
            self.heard.append(text)
            if message in text.split("\n"):
                return text

    def rest(self):
        """The messages that have come and that nobody has waited for."""
        self._socket.setblocking(False)
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(self._socket.recv(4096).decode())
        self.heard += found
        return found


# Descriptor 3 is the socket, and the process that runs the command is the one that shall take it.
HAND_OVER = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh"]


def listening_socket():
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    listener.set_inheritable(True)
    return listener
