"""What the tests of git over SSH share: a repository, its deploy keys, and git clients that use
`esclusa-ssh serve` without sshd."""
import http.client
import http.server
import json
import pathlib
import socket
import socketserver
import subprocess
import threading
import time

from harness import SSH_PROGRAM, EsclusaTest, Repository, clean_environment
from public_keys import public_key


def children_of(process):
    """The ids of the children of a process."""
    return pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()


def git_of(session):
    """The id of the git process that a session has started, below its guard."""
    [guard] = children_of(session.pid)
    [git] = children_of(guard)
    return git


def has_ended(process):
    """True for a zombie, too."""
    command = pathlib.Path(f"/proc/{process}/cmdline")
    return not command.exists() or not command.read_bytes()


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


class DoorTest(EsclusaTest):
    """A bare repository for each test, demo/NAME, and clones that use `esclusa-ssh serve`."""

    tracer = ()  # a program that runs `esclusa-ssh serve`
    relay = None
    program = (SSH_PROGRAM,)

    def setUp(self):
        self.api = self.server.api()  # a restarted server has another port
        self.name = self.id().rsplit(".", 1)[-1].replace("_", "-")[5:60]
        self.bare = Repository(self.server.folder / f"{self.name}.git", bare=True)
        self.repository.git("push", "-q", self.bare.path, "main", "old", "v1.0")
        self.server.add_repository(f"demo/{self.name}", self.bare, "--writable", "--private")
        self.path = f"/repos/demo/{self.name}"
        self.folder = self.server.folder / f"work-{self.name}"
        self.folder.mkdir()

    @property
    def socket(self):
        return self.relay.server_address if self.relay else self.server.data / "run/keys.sock"

    def use_relay(self):
        """From now on sessions reach the server through `self.relay`."""
        self.relay = self.enterContext(Relay(self.server.folder / "relay.sock", self.socket))

    def add_key(self, name=None, **more):
        """Adds a deploy key with write access; returns its id."""
        key = public_key(name or self.id())
        answer = self.api.post(f"{self.path}/keys", {"key": key, **more})
        self.assertEqual(answer.status, 201, answer)
        return answer.json["id"]

    def keys(self, *arguments, socket=None):
        """`esclusa-ssh keys`, as sshd runs it."""
        return subprocess.run([*self.program, "keys", *arguments, "--socket",
                               str(socket or self.socket)], check=False, capture_output=True,
                              text=True, timeout=60, stdin=subprocess.DEVNULL, env={})

    def serve_command(self, key_id):
        return [*self.tracer, *self.program, "serve", "--key-id", str(key_id), "--socket",
                str(self.socket)]

    def serve(self, key_id, command, **more):
        """`esclusa-ssh serve` for a client that sends nothing; returns the finished process."""
        asked = {} if command is None else {"SSH_ORIGINAL_COMMAND": command}
        return subprocess.run(self.serve_command(key_id), check=False, capture_output=True,
                              text=True, timeout=60, input="0000",
                              env=clean_environment({**asked, **more}))

    def git(self, key_id, *arguments, directory=None, check=True):
        """Runs git with the forced command of the key as its ssh."""
        wrapper = self.folder / f"ssh-{key_id}"
        if not wrapper.exists():
            wrapper.write_text("#!/bin/sh\nfor command; do :; done\n"
                               'SSH_ORIGINAL_COMMAND="$command" exec '
                               + " ".join(self.serve_command(key_id)) + "\n")
            wrapper.chmod(0o755)
        environment = clean_environment({
            "GIT_SSH_COMMAND": str(wrapper), "GIT_SSH_VARIANT": "ssh", "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org"})
        done = subprocess.run(["git", *map(str, arguments)], cwd=directory or self.folder,
                              check=False, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL, env=environment)
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def url(self, name=None):
        return f"ssh://git@door/demo/{name or self.name}.git"

    def clone(self, key_id):
        """A clone of the repository over SSH; returns its folder."""
        self.git(key_id, "clone", "-q", self.url(), "clone")
        return self.folder / "clone"

    def commit(self, clone, text="new\n"):
        (clone / "new.txt").write_text(text)
        self.git(0, "add", "-A", directory=clone)
        self.git(0, "commit", "-q", "-m", "A change", directory=clone)
        return self.git(0, "rev-parse", "HEAD", directory=clone).stdout.strip()

    def start(self, key_id, service="git-upload-pack"):
        """A session whose client sends nothing."""
        process = subprocess.Popen(
            self.serve_command(key_id), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            env=clean_environment({"SSH_ORIGINAL_COMMAND": f"{service} 'demo/{self.name}.git'"}))
        self.addCleanup(process.communicate)  # closes its streams
        self.addCleanup(process.kill)
        self.assertIn("refs/heads", process.stdout.readline())
        return process

    def pushes(self):
        """The bodies of the repository's push events, the oldest first."""
        answer = self.api.get(f"/esclusa{self.path}/events?after=0")
        self.assertEqual(answer.status, 200, answer)
        return [event["payload"] for event in answer.json["events"] if event["event"] == "push"]

    def start_server(self):
        self.server.start()
        self.api = self.server.api()

    def restart_server(self):
        self.server.restart()
        self.api = self.server.api()

    def wait_for(self, condition, what):
        end = time.monotonic() + 60
        while not condition():
            self.assertLess(time.monotonic(), end, f"waited in vain for {what}")
            time.sleep(0.02)
