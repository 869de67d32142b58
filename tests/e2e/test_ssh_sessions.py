"""Sessions of git over SSH without sshd: what they tell the server, and what git may do in them."""
import http.client
import http.server
import json
import pathlib
import re
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import unittest

from harness import BINARY, Repository, clean_environment
from public_keys import public_key
from ssh_door import DoorTest


class Relay(socketserver.ThreadingUnixStreamServer):
    """A socket in front of the server's. `answers` may have a status that the next request of that
    method and end of path gets instead of the server's answer."""

    daemon_threads = True

    def __init__(self, path, server_path):
        self.server_path = server_path
        self.answers = {}  # (method, end of the path) → status
        self.requests = []  # (method, path)
        self.sessions = []  # the ids that the server has given
        super().__init__(str(path), RelayHandler)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
        pathlib.Path(self.server_address).unlink()

    def answer(self, method, path, body, headers):
        """(status, body) of a request."""
        self.requests.append((method, path))
        for key in [key for key in self.answers if key[0] == method and path.endswith(key[1])]:
            return self.answers.pop(key), b'{"message":"not now"}'
        connection = http.client.HTTPConnection("local")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.server_path))
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status == 201:
            self.sessions.append(json.loads(content)["session"])
        return answer.status, content


class RelayHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def relay(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kept = {name: value for name, value in self.headers.items()
                if name.lower() in ("content-type", "accept")}
        status, content = self.server.answer(self.command, self.path, body, kept)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = relay

    def log_message(self, *_):
        pass


class Relayed(DoorTest):
    """Sessions whose requests to the server are seen."""

    def setUp(self):
        super().setUp()
        self.relay = self.enterContext(Relay(self.server.folder / "relay.sock",
                                             self.server.data / "run/keys.sock"))

    @property
    def socket(self):
        return self.relay.server_address

    def test_the_server_hears_of_the_end_of_each_session(self):
        key_id = self.add_key()
        clone = self.clone(key_id)
        self.git(key_id, "ls-remote", self.url())
        self.commit(clone)
        self.git(key_id, "push", "-q", "origin", "HEAD:main", directory=clone)
        self.assertEqual(len(self.relay.sessions), 3)
        self.assertEqual([path for method, path in self.relay.requests if method == "DELETE"],
                         [f"/esclusa/ssh/sessions/{session}?git=reported"
                          for session in self.relay.sessions])

    def test_one_refusal_ends_a_session_whatever_is_answered_later(self):
        process = self.start(self.add_key())
        self.relay.answers["POST", "/checks"] = 403
        self.assertEqual(process.wait(60), 1)
        self.assertIn("esclusa: not now", process.stderr.read())


class Confined(DoorTest):
    """What git may use while it serves a repository."""

    def granted(self, service):
        """The rights in the repository that git gets for a service, as strace sees them."""
        trace = self.folder / "trace"
        self.tracer = ("strace", "-f", "-qq", "-y", "-s", "4096", "-e", "signal=none",
                       "-e", "trace=landlock_add_rule", "-o", str(trace))
        done = self.serve(self.add_key(service), f"git-{service} 'demo/{self.name}.git'")
        self.assertEqual(done.returncode, 0, done.stderr)
        path = re.escape(str(self.bare.path))
        rules = re.findall(r"allowed_access=(\S+), parent_fd=\d+<" + path + ">",
                           trace.read_text())
        self.assertTrue(rules, trace.read_text())
        return set("|".join(rules).split("|"))

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_only_a_push_may_write_to_the_repository(self):
        if "git is not confined" in self.server.log.read_text():
            self.skipTest("this kernel has no Landlock")
        reads, writes = self.granted("upload-pack"), self.granted("receive-pack")
        self.assertEqual(reads, {"LANDLOCK_ACCESS_FS_READ_FILE", "LANDLOCK_ACCESS_FS_READ_DIR"})
        self.assertIn("LANDLOCK_ACCESS_FS_WRITE_FILE", writes)

    def test_declared_alternates_are_served(self):
        name, objects = f"{self.name}-borrower", self.bare.path / "objects"
        borrower = Repository(self.server.folder / f"{name}.git", bare=True)
        (borrower.path / "objects/info/alternates").write_text(f"{objects}\n")
        borrower.git("update-ref", "refs/heads/main", self.bare.sha("main"))
        self.server.add_repository(f"demo/{name}", borrower, "--writable", "--alternate",
                                   str(objects))
        answer = self.api.post(f"/repos/demo/{name}/keys", {"key": public_key(self.id())})
        self.git(answer.json["id"], "clone", "-q", self.url(name), "clone")
        clone = self.folder / "clone"
        self.assertEqual(self.git(0, "rev-parse", "HEAD", directory=clone).stdout.strip(),
                         self.bare.sha("main"))
        new = self.commit(clone)
        self.git(answer.json["id"], "push", "-q", "origin", "HEAD:main", directory=clone)
        self.assertEqual(borrower.sha("main"), new)


class Setup(unittest.TestCase):
    """esclusa ssh setup"""

    def test_a_program_at_a_path_that_sshd_cannot_use(self):
        with tempfile.TemporaryDirectory(prefix="esclusa setup ") as folder:
            program = shutil.copy(BINARY, folder)
            done = subprocess.run([program, "ssh", "setup"], check=False, capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL, timeout=60,
                                  env=clean_environment())
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(f"at a path of letters, digits and /._-+@, not at {program}", done.stderr)


if __name__ == "__main__":
    unittest.main()
