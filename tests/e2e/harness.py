"""What the tests of the real server share: Server, Api, repositories, the command line.

    with Server() as server:
        server.add_repository("demo/shop", make_repository(server.folder))
        answer = server.api().post("/repos/demo/shop/deployments", {"ref": "main"})

The binary is build/dev/esclusa, or ESCLUSA_BINARY. All data is in a temporary folder, which is
removed at the end (ESCLUSA_KEEP=1 keeps it); the system chooses ports.
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

from receiver import Receiver

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("ESCLUSA_BINARY", str(ROOT / "build/dev/esclusa"))
SSH_PROGRAM = f"{BINARY}-ssh"  # what sshd starts
DOCUMENTATION = "https://docs.github.com/rest"
# `./dev test` without a name leaves out what takes long and has a quicker test of its kind;
# `./dev check`, and a run by name, leave out nothing.
IS_EVERYDAY = "ESCLUSA_EVERYDAY" in os.environ
not_everyday = unittest.skipIf(IS_EVERYDAY, "it takes long: `./dev check` runs it")
# A child process must not outlive a killed test.
DIES_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []


# ------------------------------------------------------------------ HTTP

class Answer:
    """An HTTP answer: status, headers (in any case), body, and json (None if it is not JSON)."""

    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body
        try:
            self.json = json.loads(body)
        except ValueError:
            self.json = None

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"

    def links(self):
        """The Link header as a list of (relation, URL), in the server's order."""
        return [(rel, url) for url, rel in
                re.findall(r'<([^<>]+)>;\s*rel="(\w+)"', self.headers.get("Link", ""))]


IDLE_SECONDS = 30  # the server closes idle connections after 60 s, even if a request is coming


class Api:
    """A client of the API with one token. One connection per request unless `keep_alive`. `tls`
    (an ssl.SSLContext) has the trusted authorities for https. `address` is the client's own."""

    def __init__(self, base, token=None, *, keep_alive=False, timeout=20, tls=None, address=None):
        self.base = base
        self.token = token
        self._timeout = timeout
        self._tls = tls
        self._source = (address, 0) if address else None
        self._kept = self._connect() if keep_alive else None
        self._used_at = time.monotonic()

    def _connect(self):
        url = urllib.parse.urlsplit(self.base)
        if url.scheme == "https":
            return http.client.HTTPSConnection(url.netloc, timeout=self._timeout,
                                               context=self._tls, source_address=self._source)
        return http.client.HTTPConnection(url.netloc, timeout=self._timeout,
                                          source_address=self._source)

    def request(self, method, path, body=None, headers=None):
        """`path` may be a whole URL of this server. A dict, list or number is sent as JSON; bytes
        are sent unchanged."""
        if path.startswith(self.base):
            path = path[len(self.base):]
        sent = {"Accept": "application/vnd.github+json", "User-Agent": "esclusa-tests"}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        connection = self._kept or self._connect()
        if self._kept and time.monotonic() - self._used_at > IDLE_SECONDS:
            connection.close()  # it is opened again automatically
        self._used_at = time.monotonic()
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response, response.read())
        finally:
            if connection is not self._kept:
                connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def patch(self, path, body=None, **more):
        return self.request("PATCH", path, body, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def close(self):
        if self._kept:
            self._kept.close()

    def all_pages(self, path):
        """All elements of a list; follows rel="next"."""
        found = []
        while path:
            answer = self.get(path)
            assert answer.status == 200, answer
            found += answer.json
            path = dict(answer.links()).get("next")
        return found


# ------------------------------------------------------------------ the server

class Server:
    """`esclusa serve` on a data folder of its own, from `with` to the end of the block.

    Start it from the main thread: it is killed when the thread that started it ends.
    """

    def __init__(self, *, allow="127.0.0.0/8", arguments=(), environment=None, wrapper=(),
                 parent=None, tls=None):
        self.tls = tls  # for its clients, if the server has a certificate
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="esclusa-", dir=parent))
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.socket = self.data / "run/admin.sock"
        self.token = None  # the administrator's, from the file of the first start
        self.url = None
        self.output = []  # the lines of standard output since the last start
        self.process = None
        self._allowed = ["--webhooks-allow", allow] if allow else []
        self.set_arguments(arguments)
        self._environment = {"ESCLUSA_WEBHOOKS_RETRY_SCALE": "0.001", **(environment or {})}
        self._wrapper = list(wrapper)
        self._reader = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.stop()
        if os.environ.get("ESCLUSA_KEEP"):
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def set_arguments(self, arguments):
        """What `esclusa serve` gets beside what every test needs, from the next start on."""
        self._arguments = [*self._allowed, *arguments]

    def command(self, data=None):
        """The argument list that starts the server on `data`."""
        return [*self._wrapper, BINARY, "serve", "--data", str(data or self.data),
                "--listen", "127.0.0.1:0", *self._arguments]

    def start(self, timeout=20):
        """Starts the server, the first time or again, and waits until it is ready."""
        self.url, self.output = None, []
        first = not self.data.exists()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*DIES_WITH_PARENT, *self.command()], env=clean_environment(self._environment),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        ready = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(ready, first), daemon=True)
        self._reader.start()
        if not ready.wait(timeout) or self.url is None:
            self.kill()
            raise AssertionError(f"the server did not start; output {self.output}, log:\n"
                                 + self.log.read_text(errors="replace")[-3000:])
        self._wait_ready(timeout)
        return self

    def _read(self, ready, first):
        """Reads the lines of standard output; sets `ready` when the last expected one has come."""
        for line in self.process.stdout:
            self.output.append(line.rstrip("\n"))
            if line.startswith("Esclusa listens on "):
                self.url = line.split()[-1].rstrip("/")
            if line.startswith("Token: in "):
                file = pathlib.Path(line.removeprefix("Token: in "))
                self.token = file.read_text(encoding="ascii").strip()
                file.unlink()  # as the documents advise; tests look for secrets on the disk
            if self.url and (not first or self.token):
                ready.set()
        ready.set()

    def _wait_ready(self, timeout):
        end = time.monotonic() + timeout
        while True:
            try:
                if self.api(None).get("/readyz").status == 200:
                    return
            except OSError:
                pass
            if time.monotonic() > end:
                raise AssertionError("/readyz did not become 200")
            time.sleep(0.02)

    def kill(self):
        """kill -9."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        return self._ended()

    def stop(self, timeout=20):
        """Sends SIGTERM; returns the exit code. A server that does not end is killed, and the exit
        code is then negative, so that the test fails."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return self._ended()

    def _ended(self):
        code = self.process.wait()
        self._reader.join(5)
        self.process.stdout.close()
        return code

    def restart(self):
        """Stops it with SIGTERM, and starts it again on the same data."""
        self.stop()
        return self.start()

    def api(self, token="administrator", **more):
        """A client for the API: as the administrator, with a token, or without one (None)."""
        token = self.token if token == "administrator" else token
        return Api(self.url, token, tls=self.tls, **more)

    # -------------------------------------------------------------- the command line

    def cli(self, *arguments, check=True):
        """`esclusa ARGUMENTS…` with this server's socket."""
        done = subprocess.run([BINARY, *map(str, arguments)], check=False, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=clean_environment({"ESCLUSA_SOCKET": str(self.socket)}))
        if check and done.returncode != 0:
            raise AssertionError(f"esclusa {' '.join(map(str, arguments))}: exit code "
                                 f"{done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def add_repository(self, name, repository, *flags):
        """`esclusa repo add` with its flags (--writable, --private, --public)."""
        self.cli("repo", "add", name, repository.path, *flags)

    def create_user(self, login, *flags):
        self.cli("user", "create", login, *flags)

    def create_token(self, login, scopes, *flags):
        """`esclusa token create`; gives the token."""
        return self.cli("token", "create", login, "--scopes", scopes, *flags).stdout.strip()

    def user_with(self, login, scopes, repository=None, role=None):
        """A new user with a role in a repository and a token; gives the client."""
        self.create_user(login)
        if repository:
            self.cli("repo", "grant", repository, login, role)
        return self.api(self.create_token(login, scopes))


def wait_until(condition, what, timeout=30):
    """Polls for something that cannot notify us."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come about")
        time.sleep(0.02)


def clean_environment(more=None):
    """This process's environment without settings of Esclusa and git, and with `more`."""
    kept = {key: value for key, value in os.environ.items()
            if not key.startswith(("ESCLUSA_", "GIT_"))
            or key in ("ESCLUSA_CI_MARK", "ESCLUSA_CACHE")}
    return {**kept, **(more or {})}


# ------------------------------------------------------------------ repositories

class Repository:
    """A git repository in a folder, made with the git program."""

    def __init__(self, path, bare=False):
        self.path = pathlib.Path(path)
        self.path.mkdir(parents=True)
        self._seconds = 1_700_000_000  # commits have fixed times, the same in each run
        self.git("init", "-q", "-b", "main", *(["--bare"] if bare else []))

    def git(self, *arguments):
        """Runs git in the repository, without the settings of this machine; returns its output."""
        self._seconds += 60
        date = f"{self._seconds} +0000"
        environment = clean_environment({
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date})
        return subprocess.run(["git", "-C", str(self.path), *arguments], check=True, text=True,
                              env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE).stdout.strip()

    def commit(self, message, files, executable=()):
        """Writes files (name → text), and commits them; returns the commit."""
        for name, text in files.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            if name in executable:
                file.chmod(0o755)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.sha("HEAD")

    def sha(self, revision):
        return self.git("rev-parse", "--verify", f"{revision}^{{commit}}")


def make_repository(parent, name="shop"):
    """An application with history:

        main            1 ── 2 (v1.0, an annotated tag) ── 3
        feature/login                                       └── 4     ahead of main
        old             1 ── 5                                        behind main
    """
    repository = Repository(pathlib.Path(parent) / name)
    repository.commit("Open the shop", {"index.html": "one\n", "README": "A shop.\n"})
    repository.git("branch", "old")
    repository.commit("Sell bread", {"index.html": "two\n"})
    repository.git("tag", "-a", "v1.0", "-m", "The first release")
    repository.commit("Sell cheese", {"index.html": "three\n"})
    repository.git("switch", "-q", "-c", "feature/login")
    repository.commit("Customers can log in", {"login.html": "who are you?\n"})
    repository.git("switch", "-q", "old")
    repository.commit("An old idea", {"old.html": "old\n"})
    repository.git("switch", "-q", "main")
    return repository


# ------------------------------------------------------------------ the base of the tests

class EsclusaTest(unittest.TestCase):
    """One server for all tests of a class, with the repository demo/shop (private, writable).
    Tests do not affect each other: each uses its own environment."""

    server_settings = {}
    deployments = "/repos/demo/shop/deployments"

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(**cls.server_settings))
        cls.repository = make_repository(cls.server.folder)
        cls.server.add_repository("demo/shop", cls.repository, "--writable", "--private")
        cls.api = cls.server.api()

    def receiver(self):
        """A webhook receiver for this test."""
        file = tempfile.NamedTemporaryFile(prefix="received-", dir=self.server.folder, delete=False)
        file.close()
        return self.enterContext(Receiver(file.name))

    def environment(self):
        """An environment name that only this test uses."""
        return self.id().rsplit(".", 1)[-1].replace("_", "-")

    def create(self, api=None, **fields):
        """Creates a deployment and gives it."""
        body = {"ref": "main", "auto_merge": False, "required_contexts": [],
                "environment": self.environment(), **fields}
        answer = (api or self.api).post(self.deployments, body)
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def report(self, deployment, state, **fields):
        """Creates a status of a deployment and gives it."""
        answer = self.api.post(deployment["statuses_url"], {"state": state, **fields})
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def states(self, deployment):
        """The states of a deployment so far, the newest first."""
        return [status["state"] for status in self.api.get(deployment["statuses_url"]).json]

    def assert_error(self, answer, status, message=None, documentation=None):
        """Checks an error in GitHub's form; `message` is the whole message."""
        self.assertEqual(answer.status, status, answer)
        self.assertIsInstance(answer.json, dict, answer)
        self.assertIsInstance(answer.json.get("message"), str, answer)
        self.assertEqual(answer.json.get("status"), str(status), answer)
        self.assertTrue(str(answer.json.get("documentation_url")).startswith(DOCUMENTATION), answer)
        self.assertTrue(answer.headers["Content-Type"].startswith("application/json"))
        if message is not None:
            self.assertEqual(answer.json["message"], message)
        if documentation is not None:
            self.assertIn(documentation, answer.json["documentation_url"])

    def assert_alive(self):
        """Checks that the server answers, and that its lists can be read."""
        self.assertEqual(self.server.api(None).get("/livez").status, 200)
        self.assertEqual(self.api.get(self.deployments).status, 200)
        self.assertIsNone(self.server.process.poll())
