"""A proxy that forwards only the operations of GitHub's own API, and answers everything else with
404, as GitHub does.

    with GithubProxy(server.url) as proxy:
        …  # clients use proxy.url
    assert not proxy.refused
"""
import collections
import http.client
import http.server
import pathlib
import re
import threading
import urllib.parse

PATHS = pathlib.Path(__file__).with_name("github_paths.txt")


def read_operations():
    """[(method, pattern, "GET /repos/{owner}/…")] of github_paths.txt."""
    operations = []
    for line in PATHS.read_text().splitlines():
        if not line.startswith("#"):
            method, template = line.split()
            parts = re.split(r"\{[^{}]+\}", template)
            pattern = re.compile("[^/]+".join(map(re.escape, parts)))
            operations.append((method, pattern, line))
    return operations


class GithubProxy:
    """`seen` counts operations; `refused` lists the other requests."""

    def __init__(self, target):
        self.target = urllib.parse.urlsplit(target).netloc
        self.seen = collections.Counter()
        self.refused = []
        self._operations = read_operations()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def allows(self, method, path):
        """Whether GitHub has this operation; records it."""
        path = path.partition("?")[0]
        with self._lock:
            for wanted, pattern, name in self._operations:
                if method == wanted and pattern.fullmatch(path):
                    self.seen[name] += 1
                    return True
            self.refused.append(f"{method} {path}")
            return False


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Ignores a client that is killed, because that is a part of the tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        proxy = self.server.proxy
        if not proxy.allows(self.command, self.path):
            return self._answer(404, [("Content-Type", "application/json")],
                                b'{"message":"Not Found","status":"404"}')
        connection = http.client.HTTPConnection(proxy.target, timeout=20)
        try:
            headers = {name: value for name, value in self.headers.items()
                       if name.lower() not in ("connection", "content-length")}
            connection.request(self.command, self.path, body or None, headers)
            response = connection.getresponse()
            self._answer(response.status, response.getheaders(), response.read())
        except OSError:
            self._answer(502, [], b"")
        finally:
            connection.close()

    def _answer(self, status, headers, body):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "content-length", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _forward
