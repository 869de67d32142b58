"""An HTTP listener on some addresses, or on all, that records at which address it was reached."""
import http.server
import socket
import threading
import urllib.parse


class Listener:
    """Answers 200, or with a redirect at `/redirect/STATUS?to=URL`. `requests` has (called
    address, path)."""

    def __init__(self, addresses):
        self.requests = []
        self.port = 0
        self._servers = [self._listen(address) for address in addresses]

    def _listen(self, address):
        listener = self

        class Server(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
            daemon_threads = True
            request_queue_size = 128

            def server_bind(self):
                if self.address_family == socket.AF_INET6:
                    self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                super().server_bind()

        class Handler(_Handler):
            requests = listener.requests

        server = Server((address, self.port), Handler)
        self.port = server.server_port
        return server

    def __enter__(self):
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in self._servers:
            server.shutdown()
            server.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    requests = None

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.requests.append((self.connection.getsockname()[0], self.path))
        url = urllib.parse.urlsplit(self.path)
        if url.path.startswith("/redirect/"):
            self.send_response(int(url.path.rsplit("/", 1)[1]))
            self.send_header("Location", urllib.parse.parse_qs(url.query)["to"][0])
        else:
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_):
        """Logs nothing: `requests` is the log."""
