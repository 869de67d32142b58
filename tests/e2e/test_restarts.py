"""Restarts under load, with a port that somebody holds as systemd does: nobody is refused, no
connection is cut, and everything that was acknowledged is there afterwards."""
import http.client
import json
import os
import subprocess
import tempfile
import threading
import time
import unittest

import harness
from harness import Api, IS_EVERYDAY, wait_until
from supervisor import NotifySocket, Service, listening_socket

RESTARTS = int(os.environ.get("ESCLUSA_RESTARTS", "3" if IS_EVERYDAY else "20"))
CLIENTS = 6  # of either kind
DEPLOYMENTS = "/repos/demo/shop/deployments"
# limits::stop_head_time: a stop waits so long for the request of a connection that is open. What a
# busy machine makes a client do later than that is no fault of the server.
PATIENCE_SECONDS = 0.25
PAUSE_SECONDS = 0.05  # of every other client, so that a stop finds connections that are silent
CUT = (ConnectionResetError, BrokenPipeError, http.client.HTTPException)


class Client(threading.Thread):
    """Creates deployments and reads them, one request after the other, until it is told to end.
    It keeps its connection until the server says `Connection: close`, or has one per request. With
    a pause its connection is open for a while before each request."""

    def __init__(self, number, address, token, *, keeps):
        super().__init__()
        self.number, self.keeps = number, keeps
        self.pause = PAUSE_SECONDS * (number % 2)
        self.is_over = threading.Event()
        self.acknowledged = {}  # id → description
        self.unknown = set()  # descriptions of requests that were too late, and had no answer
        self.requests = self.answers = self.late = self.told_to_close = 0
        self.failure = None
        self._connection = http.client.HTTPConnection(*address, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "User-Agent": "esclusa-tests"}
        self._open_since = None

    def run(self):
        while not self.is_over.is_set() and self.failure is None:
            self.requests += 1
            self._create(f"client {self.number}, request {self.requests}")
            if self.acknowledged and self.failure is None:
                self._ask("GET", f"{DEPLOYMENTS}/{next(reversed(self.acknowledged))}", None, 200)
        self._connection.close()

    def _create(self, description):
        made = self._ask("POST", DEPLOYMENTS, {
            "ref": "main", "environment": f"client-{self.number}", "auto_merge": False,
            "required_contexts": [], "description": description}, 201)
        if made:
            self.acknowledged[made["id"]] = description
        elif self.failure is None:
            self.unknown.add(description)

    def _ask(self, method, path, body, expected):
        """The answer as JSON; None if it failed, or was too late."""
        sent_at = None
        try:
            if self._connection.sock is None:
                self._open_since = time.monotonic()
                self._connection.connect()
            time.sleep(self.pause)
            self._connection.request(method, path, body and json.dumps(body), {
                **self._headers, **({} if self.keeps else {"Connection": "close"})})
            sent_at = time.monotonic()
            response = self._connection.getresponse()  # closes a connection that is told to close
            text = response.read()
        except (OSError, *CUT) as error:
            self._connection.close()
            since = (sent_at or time.monotonic()) - self._open_since
            if isinstance(error, CUT) and since > PATIENCE_SECONDS:
                self.late += 1
            else:
                self.failure = f"{method} {path}, {since:.3f} s: {error!r}"
            return None
        self.told_to_close += self.keeps and response.will_close
        self._open_since = time.monotonic()
        if response.status != expected:
            self.failure = f"{method} {path}: {response.status} {text[:300]!r}"
            return None
        self.answers += 1
        return json.loads(text)


class RestartTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="esclusa-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.clients = []
        self.addCleanup(self.end_load)  # after a failure there is no server and no port any more
        self.listener = listening_socket()
        self.addCleanup(self.listener.close)
        self.notify = self.enterContext(NotifySocket())

    def start(self):
        service = Service(self.folder, self.notify, listener=self.listener)
        self.addCleanup(service.__exit__)
        self.notify.wait_for("READY=1", timeout=60)
        return service

    def begin_load(self, service):
        """The clients of both kinds, which ask already when this returns."""
        with open(os.path.join(service.data, "admin.token"), encoding="ascii") as file:
            self.token = file.read().strip()
        repository = harness.make_repository(self.folder)
        environment = harness.clean_environment(
            {"ESCLUSA_SOCKET": os.path.join(service.data, "run/admin.sock")})
        subprocess.run([harness.BINARY, "repo", "add", "demo/shop", repository.path], check=True,
                       stdout=subprocess.DEVNULL, env=environment)
        self.clients = [Client(number, self.listener.getsockname(), self.token,
                               keeps=number >= CLIENTS) for number in range(2 * CLIENTS)]
        for client in self.clients:
            client.start()
        self.await_answers()

    def end_load(self):
        for client in self.clients:
            client.is_over.set()
        for client in self.clients:
            client.join()

    def failures(self):
        return [client.failure for client in self.clients if client.failure]

    def await_answers(self):
        """Each client has had two more answers, at least one of them to a request from now on."""
        before = [client.answers for client in self.clients]
        wait_until(lambda: self.failures() or all(
            client.answers >= count + 2 for client, count in zip(self.clients, before)),
            "an answer for each client", timeout=120)
        self.assertEqual([], self.failures())

    def test_restarts_under_load_refuse_and_cut_and_lose_nothing(self):
        service = self.start()
        self.begin_load(service)
        for _ in range(RESTARTS):
            self.assertEqual(0, service.stop())
            service = self.start()
            self.await_answers()
        self.end_load()
        self.assertEqual([], self.failures())
        self.everything_is_there()
        self.assertEqual(0, service.stop())

    def everything_is_there(self):
        acknowledged, unknown = {}, set()
        for client in self.clients:
            acknowledged |= client.acknowledged
            unknown |= client.unknown
        api = Api("http://{}:{}".format(*self.listener.getsockname()), self.token, keep_alive=True)
        there = {one["id"]: one["description"]
                 for one in api.all_pages(f"{DEPLOYMENTS}?per_page=100")}
        api.close()
        lost = [one for one in acknowledged.items() if there.get(one[0]) != one[1]]
        self.assertEqual([], lost[:10], f"{len(lost)} were acknowledged, and are lost")
        # Nothing was done twice, or done and not acknowledged.
        self.assertLessEqual(set(there.values()) - set(acknowledged.values()), unknown)
        self.assertEqual(len(there), len(set(there.values())))
        told = sum(client.told_to_close for client in self.clients)
        late = sum(client.late for client in self.clients)
        self.assertGreater(told, 0)
        print(f"{RESTARTS} restarts: {sum(client.answers for client in self.clients)} answers, "
              f"{len(acknowledged)} deployments; {told} connections were told to close; 0 refused, "
              f"0 cut, 0 lost; {late} requests came too late for a stop")


if __name__ == "__main__":
    unittest.main()
