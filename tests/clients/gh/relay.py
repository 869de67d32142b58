"""A unix socket whose connections lead to a TCP port.

gh speaks https to every host but GitHub's own test host; with its setting http_unix_socket it
speaks HTTP through a unix socket, and everything else stays as it is.
"""
import socket
import socketserver
import threading


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        with socket.create_connection(self.server.target) as there:
            back = threading.Thread(target=self._pump, args=(there, self.request))
            back.start()
            self._pump(self.request, there)
            back.join()

    @staticmethod
    def _pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other end has gone, which ends this connection


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Relay:
    """From `with` to the end of the block, `path` leads to (host, port)."""

    def __init__(self, path, target):
        self._server = _Server(str(path), _Handler)
        self._server.target = target
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
