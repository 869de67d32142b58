"""When the machine gives no more memory, acknowledged requests stay valid, and others are refused
with 503; or the process ends with a line in the log."""
import http.client
import pathlib
import re
import resource
import threading
import unittest

from harness import Server, make_repository

DEPLOYMENTS = "/repos/demo/shop/deployments"
LINES = ("no more memory", "the storage failed; start again")
CLIENTS = 24
ROUNDS = 12
PAYLOAD = "x" * 60_000


def address_space(pid):
    """The address space of the process in bytes."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmSize:\s+(\d+) kB", status, re.M)[1]) * 1024


class Memory(unittest.TestCase):
    """A server under load that may use little more address space than it has."""

    def setUp(self):
        self.server = self.enterContext(Server())
        self.server.add_repository("demo/shop", make_repository(self.server.folder), "--private")
        made = self.server.api().post(DEPLOYMENTS, self.body("first"))
        self.assertEqual(made.status, 201, made)
        self.statuses_path = made.json["statuses_url"].removeprefix(self.server.url)
        self.lock = threading.Lock()
        self.answers, self.created, self.broken, self.round = [], {}, 0, 0

    @staticmethod
    def body(description):
        return {"ref": "main", "auto_merge": False, "required_contexts": [],
                "description": description, "payload": PAYLOAD}

    def load(self, number):
        """One client: it creates deployments, and reads long lists."""
        for turn in range(ROUNDS):
            name = f"{self.round}-{number}-{turn}"
            api = self.server.api(timeout=60)
            try:
                if turn % 3 == 2:
                    answer = api.get(DEPLOYMENTS + "?per_page=100")
                elif turn % 3 == 1:
                    answer = api.post(self.statuses_path, {"state": "success", "description": name})
                else:
                    answer = api.post(DEPLOYMENTS, self.body(name))
            except (OSError, EOFError, http.client.HTTPException):
                with self.lock:
                    self.broken += 1
                continue
            with self.lock:
                self.answers.append(answer.status)
                if answer.status == 201:
                    self.created[name] = answer.json["id"]

    def play(self, headroom):
        """The load with `headroom` bytes left; returns whether the process ended."""
        self.mark = self.server.log.stat().st_size
        pid = self.server.process.pid
        limit = address_space(pid) + headroom
        resource.prlimit(pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        clients = [threading.Thread(target=self.load, args=(number,)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        ended = self.server.process.poll() is not None
        if ended:
            self.assertIn(self.server.process.returncode, (1, 70), self.log()[-2000:])
            self.assertTrue(any(line in self.log() for line in LINES), self.log()[-2000:])
        else:
            resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
            self.server.stop()
        return ended

    def log(self):
        """The log since the load began."""
        return self.server.log.read_bytes()[self.mark:].decode(errors="replace")

    def audit(self):
        """Checks the data after a restart without a limit."""
        self.server.start()
        api = self.server.api()
        kept = {one["description"]: one["id"]
                for one in api.all_pages(DEPLOYMENTS + "?per_page=100")}
        kept |= {one["description"]: one["id"]
                 for one in api.all_pages(self.statuses_path + "?per_page=100")}
        self.assertEqual(self.created, {name: kept.get(name) for name in self.created})

    def test_every_answer_is_a_success_or_503(self):
        refused = 0
        for megabytes in (1, 4, 16, 40, 90):
            with self.subTest(megabytes=megabytes):
                self.round = megabytes
                ended = self.play(megabytes << 20)
                good = {status for status in self.answers if 200 <= status <= 299}
                self.assertLessEqual(set(self.answers) - good, {503}, self.log()[-3000:])
                self.audit()
            refused += self.answers.count(503) + self.broken
            self.answers, self.broken = [], 0
        self.assertGreater(refused, 0)


if __name__ == "__main__":
    unittest.main()
