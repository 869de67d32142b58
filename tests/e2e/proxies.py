"""nginx, Caddy and HAProxy in front of a server, with the configurations of docs/proxies.md.

    with BehindNginx(folder) as site:
        site.api().get("/")          # through the proxy, over TLS

Only ports, files and the name of the host are replaced in the blocks of the page. The proxies are
Debian's; their services are not started.
"""
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import urllib.parse

from harness import DIES_WITH_PARENT, ROOT, Api, Server, make_repository, wait_until

PAGE = ROOT / "docs/proxies.md"
NAME = "deploy.example.org"  # in the page; `localhost` here
PATH = "/deploy"

CERTIFICATE = """
[req]
distinguished_name = name
[name]
[server]
subjectAltName = DNS:localhost
basicConstraints = critical, CA:TRUE
"""


def blocks():
    """The blocks of the page, by their language."""
    found = dict(re.findall(r"(?ms)^```([a-z-]+)\n(.*?)^```$", PAGE.read_text()))
    assert {"toml", "nginx", "nginx-main", "caddy", "haproxy"} <= found.keys(), found.keys()
    return found


def replaced(text, replacements):
    """The text with each of these replaced; each must be in it."""
    for old, new in replacements.items():
        assert old in text, f"{old!r} is not in the block:\n{text}"
        text = text.replace(old, str(new))
    return text


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class SiteApi(Api):
    """A client of a server that is below a path."""

    def request(self, method, path, body=None, headers=None):
        path = path.removeprefix(self.base)
        return super().request(method, urllib.parse.urlsplit(self.base).path + path, body, headers)


class OwnPortServer(Server):
    """A server behind a proxy. `url` is its own address, the same after each start; with a unix
    socket, a path."""

    port = 0

    def command(self, data=None):
        if self.port is None:  # the file names the unix socket
            command = super().command(data)
            place = command.index("--listen")
            return command[:place] + command[place + 2:]
        return [part.replace("127.0.0.1:0", f"127.0.0.1:{self.port}")
                for part in super().command(data)]

    def lines(self, message):
        """The lines of the log with this message."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            if message in line and line.endswith("}"):
                line = json.loads(line)
                if line["message"] == message:
                    found.append(line)
        return found

    def _wait_ready(self, timeout):
        wait_until(lambda: self.lines("listening for clients"), "the listener", timeout)
        self.url = self.lines("listening for clients")[-1]["address"]
        if self.url.startswith("unix:"):
            return
        self.port = int(self.url.rsplit(":", 1)[1])
        super()._wait_ready(timeout)

    def requests(self, path):
        """The lines of requests for this path."""
        return [line for line in self.lines("request") if line["path"] == path]


class Site:
    """A server and a proxy before it, from `with` to the end of the block.

    `has_path`: below a path; `strips`: the proxy removes it. `through`: `toml` (a port) or
    `toml-unix`."""

    def __init__(self, *, has_path=False, strips=False, through="toml", arguments=()):
        self.blocks = blocks()
        self.has_path, self.strips, self.through = has_path, strips, through
        self.server = OwnPortServer()
        self.arguments = list(arguments)
        self.folder = self.server.folder / "proxy"
        self.public_port = free_port()
        self.url = f"https://localhost:{self.public_port}" + (PATH if has_path else "")
        self.process = None
        self.trust = None

    def __enter__(self):
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self._make_certificate()
        settings = self.folder / "esclusa.toml"
        block = self.blocks["toml-path" if self.has_path else self.through]
        changes = {f"https://{NAME}": f"https://localhost:{self.public_port}"}
        if self.through == "toml-unix":
            self.server.port = None
            changes["/run/esclusa/http.sock"] = self.socket
        settings.write_text(replaced(block, changes))
        self.server.set_arguments([*self.arguments, "--config", str(settings)])
        try:
            self.server.__enter__()
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.server.__exit__()

    @property
    def socket(self):
        return self.folder / "http.sock"

    @property
    def upstream(self):
        return f"127.0.0.1:{self.server.port}"

    def _make_certificate(self):
        (self.folder / "openssl.conf").write_text(CERTIFICATE)
        subprocess.run(
            ["openssl", "req", "-x509", "-config", self.folder / "openssl.conf", "-extensions",
             "server", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
             "2", "-subj", "/CN=localhost", "-keyout", self.folder / "privkey.pem", "-out",
             self.folder / "fullchain.pem"],
            check=True, capture_output=True, stdin=subprocess.DEVNULL)
        (self.folder / "deploy.pem").write_text((self.folder / "fullchain.pem").read_text() +
                                                (self.folder / "privkey.pem").read_text())
        self.trust = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))

    def _start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_PARENT, *self.command()], cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env={**os.environ, "HOME": str(self.folder),
                                             "XDG_DATA_HOME": str(self.folder / "data"),
                                             "XDG_CONFIG_HOME": str(self.folder / "config")})
        wait_until(self._is_ready, f"the proxy; {self.folder / 'log'}")

    def _is_ready(self):
        log = self.folder / "log"
        assert self.process.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            return self.api(None).get("/readyz").status == 200
        except OSError:
            return False

    def api(self, token="administrator", **more):
        token = self.server.token if token == "administrator" else token
        return SiteApi(self.url, token, tls=self.trust, **more)

    def connect(self):
        """A TLS connection to the proxy."""
        plain = socket.create_connection(("127.0.0.1", self.public_port), timeout=30)
        return self.trust.wrap_socket(plain, server_hostname="localhost")

    def command(self):
        """Writes the configuration, and gives the command that runs the proxy in the foreground."""
        raise NotImplementedError


class BehindNginx(Site):
    away = 502

    def command(self):
        site = self.blocks["nginx"]
        if self.through == "toml-unix":
            site = site.replace("  server 127.0.0.1:8080;\n", self.blocks["nginx-unix"])
            site = replaced(site, {"/run/esclusa/http.sock": self.socket})
        else:
            site = replaced(site, {"127.0.0.1:8080": self.upstream})
        if self.has_path:
            site, count = re.subn(r"(?ms)^  location / \{.*?^  \}\n",
                                  lambda _: self.blocks["nginx-path"], site)
            assert count == 1, site
        if self.strips:
            site = replaced(site, {"proxy_pass http://esclusa;": "proxy_pass http://esclusa/;"})
        site = replaced(site, {"listen 443": f"listen 127.0.0.1:{self.public_port}",
                               NAME: "localhost", "/etc/ssl/deploy": self.folder})
        (self.folder / "site.conf").write_text(site)
        temporary = " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in
                             ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "nginx.conf").write_text(
            f"daemon off; pid nginx.pid; {user} error_log error.log;\n{self.blocks['nginx-main']}"
            f"http {{ access_log off; {temporary}\ninclude {self.folder}/site.conf;\n}}\n")
        return ["/usr/sbin/nginx", "-p", str(self.folder), "-c", "nginx.conf", "-e", "error.log"]


class BehindCaddy(Site):
    away = 502

    def command(self):
        site = self.blocks["caddy"]
        if self.has_path:
            path = self.blocks["caddy-path"]
            if self.strips:
                path = replaced(path, {"handle ": "handle_path "})
            site, count = re.subn(r"(?ms)^  reverse_proxy .*?^  \}\n", lambda _: path, site)
            assert count == 1, site
        own = f"unix/{self.socket}" if self.through == "toml-unix" else self.upstream
        site = replaced(site, {"127.0.0.1:8080": own, NAME: f"localhost:{self.public_port}",
                               "/etc/ssl/deploy": self.folder})
        (self.folder / "Caddyfile").write_text(
            replaced(self.blocks["caddy-global"], {
                "10s": "1s", "{\n": "{\n  admin off\n  auto_https disable_redirects\n"
                                   "  default_bind 127.0.0.1\n"}) + site)
        return [shutil.which("caddy"), "run", "--config", str(self.folder / "Caddyfile"),
                "--adapter", "caddyfile"]


class BehindHaproxy(Site):
    away = 503

    def command(self):
        site = self.blocks["haproxy"]
        if self.has_path:
            site = site.replace("  default_backend esclusa\n", self.blocks["haproxy-path"])
        site = replaced(site, {"bind :443": f"bind 127.0.0.1:{self.public_port}",
                               "127.0.0.1:8080": self.upstream, "/etc/ssl/deploy": self.folder})
        (self.folder / "haproxy.cfg").write_text(site)
        return [shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f",
                str(self.folder / "haproxy.cfg")]


def new_site(kind, **more):
    """A site of this kind with the repository demo/shop; `__exit__` ends it."""
    site = kind(**more)
    site.__enter__()
    site.server.add_repository("demo/shop", make_repository(site.server.folder), "--writable",
                               "--private")
    return site
