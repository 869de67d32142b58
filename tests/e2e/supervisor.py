"""What a service manager is to a server, as far as tests need one: it hears what the server says,
and holds the server's port."""
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time

from harness import BINARY, DIES_WITH_PARENT, clean_environment


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


# Descriptor 3 is to be the file with the number $1, and the process that runs the rest the one that
# shall take it. No function of Python's between fork and exec: the test may have threads.
HAND_OVER = ["bash", "-c", 'if (($1 != 3)); then held=$1; exec 3<&"$held" {held}<&-; fi; shift; '
             'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "bash"]


def listening_socket():
    return socket.create_server(("127.0.0.1", 0), backlog=64)


class Service:
    """A server with a notify socket, and perhaps with a port that somebody else holds."""

    def __init__(self, folder, notify, *, listener=None, watchdog_ms=None):
        self.data = os.path.join(folder, "data")
        environment = {"NOTIFY_SOCKET": notify.name}
        if watchdog_ms:
            environment["WATCHDOG_USEC"] = str(watchdog_ms * 1000)
        self.log = os.path.join(folder, "log")
        handing, handed = [], ()
        if listener:
            handing, handed = [*HAND_OVER, str(listener.fileno())], (listener.fileno(),)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_PARENT, *handing, BINARY, "serve", "--data", self.data, "--listen",
                 "127.0.0.1:0"], env=clean_environment(environment), stdin=subprocess.DEVNULL,
                stderr=log, stdout=subprocess.PIPE, text=True, pass_fds=handed)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.process.wait(30)
