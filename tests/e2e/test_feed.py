"""The feed of events: its followers miss nothing, and see nothing that they may not; and the agent
that follows the feed instead of waiting for a webhook."""
import http.client
import json
import random
import signal
import socket
import threading
import time
import unittest
import urllib.parse

import test_agent
from harness import Api, EsclusaTest, Server, make_repository

WRITERS = 8
EVENTS = "/esclusa/events"


class SamePortServer(Server):
    """A server with the same address after each start, so that clients find it again."""

    port = "0"

    def command(self, data=None):
        return [part.replace("127.0.0.1:0", f"127.0.0.1:{self.port}")
                for part in super().command(data)]

    def start(self, timeout=20):
        super().start(timeout)
        self.address = self.url  # also while it is down
        self.port = str(urllib.parse.urlsplit(self.url).port)
        return self

    def api(self, token="administrator", **more):
        token = self.token if token == "administrator" else token
        return Api(getattr(self, "address", self.url), token, **more)


class Stream:
    """Server-Sent Events, read one after another."""

    def __init__(self, url, token, path=EVENTS, last_id=None, timeout=30, agent="esclusa-tests"):
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}",
                   "User-Agent": agent}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc,
                                                     timeout=timeout)
        self.connection.request("GET", path, headers=headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        assert self.response.headers["Content-Type"] == "text/event-stream"

    def events(self):
        """The events (id, kind, data) until the stream ends; blocks without data only have ids."""
        fields = {}
        while line := self.response.readline():
            line = line.rstrip(b"\n").decode()
            if line and not line.startswith(":"):
                name, _, value = line.partition(": ")
                assert name not in fields, f"{name} stands twice"
                fields[name] = value
            elif not line:
                data = json.loads(fields["data"]) if "data" in fields else None
                yield int(fields["id"]), fields.get("event"), data
                fields = {}

    def close(self):
        self.connection.close()


def key(event):
    """What an event is about: (kind, id of the deployment or of the status)."""
    payload = event["payload"]
    of = "deployment" if event["event"] == "deployment" else "deployment_status"
    return event["event"], payload[of]["id"]


class Follower(threading.Thread):
    """Follows the feed until it is told that it has everything, whatever the server does in
    between."""

    def __init__(self, server, token, streams):
        super().__init__(daemon=True)
        self.server, self.token, self.streams = server, token, streams
        self.seen, self.cursor, self.done = [], 0, threading.Event()
        self.failure, self.connections = None, 0

    def run(self):
        while not self.done.is_set() and self.failure is None:
            try:
                self.connections += 1
                (self.stream if self.streams else self.poll)()
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)  # the server is down
            except Exception as failure:  # pylint: disable=broad-except
                self.failure = failure

    def poll(self):
        api = self.server.api(self.token, timeout=30)
        while not self.done.is_set():
            answer = api.get(f"{EVENTS}?after={self.cursor}&wait=2&limit=7")
            assert answer.status == 200, answer
            for event in answer.json["events"]:
                self.take(event)
            self.cursor = answer.json["next"]

    def stream(self):
        stream = Stream(self.server.address, self.token, EVENTS + "?after=0", self.cursor)
        try:
            for number, kind, event in stream.events():
                if event is not None:
                    assert (number, kind) == (event["seq"], event["event"]), (number, kind)
                    self.take(event)
                self.cursor = number
                if self.done.is_set():
                    return
        finally:
            stream.close()

    def take(self, event):
        self.seen.append(event)

    def wait_for(self, count, timeout=60):
        end = time.monotonic() + timeout
        while len(self.seen) < count and self.failure is None and time.monotonic() < end:
            time.sleep(0.02)


class FeedTest(EsclusaTest):
    def records(self, server):
        """The content of the API: {(kind, id)}."""
        api = server.api()
        found = set()
        for deployment in api.all_pages(self.deployments + "?per_page=100"):
            found.add(("deployment", deployment["id"]))
            for status in api.all_pages(deployment["statuses_url"] + "?per_page=100"):
                found.add(("deployment_status", status["id"]))
        return found

    def write(self, server, number, rounds):
        """Creates deployments and reports on them; retries what fails while the server is down, as
        a client would."""
        choose = random.Random(number)
        for i in range(rounds):
            body = {"ref": "main", "auto_merge": False, "required_contexts": [],
                    "environment": f"env-{number % 3}", "payload": {"text": "a\nb", "n": [i]}}
            made = self.insist(server, self.deployments, body, f"{number}-{i}")
            for state in ("in_progress", choose.choice(["success", "failure"])):
                self.insist(server, f"{self.deployments}/{made['id']}/statuses", {"state": state})

    def insist(self, server, path, body, idempotency_key=None):
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        while True:
            try:
                answer = server.api().post(path, body, headers=headers)
                if answer.status == 201:
                    return answer.json
                assert answer.status == 503, answer
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.02)

    def follow(self, server, rounds, disturb=lambda: None):
        """Eight writers, a reader that polls and one that streams; `disturb` is called in
        between."""
        followers = [Follower(server, server.token, streams) for streams in (False, True)]
        writers = [threading.Thread(target=self.write, args=(server, n, rounds))
                   for n in range(WRITERS)]
        for thread in (*followers, *writers):
            thread.start()
        disturb()
        for writer in writers:
            writer.join(240)
            self.assertFalse(writer.is_alive())
        records = self.records(server)
        self.assertGreaterEqual(len(records), WRITERS * rounds * 3)
        for follower in followers:
            follower.wait_for(len(records))
            follower.done.set()
        server.api().post(self.deployments, {"ref": "main", "auto_merge": False,
                                             "required_contexts": []})  # wakes the readers
        for follower in followers:
            follower.join(30)
            self.assertIsNone(follower.failure)
            numbers = [event["seq"] for event in follower.seen]
            self.assertEqual(numbers, sorted(set(numbers)), "in order, and none twice")
            self.assertEqual(len({event["guid"] for event in follower.seen}), len(numbers))
            keys = [key(event) for event in follower.seen]
            self.assertEqual(set(keys) & records, records, "none is missing")
            self.assertEqual(len(keys), len(set(keys)))
            self.assertLessEqual(len(set(keys) - records), 1)  # the last one
        return followers

    def new_server(self):
        server = self.enterContext(SamePortServer())
        server.add_repository("demo/shop", make_repository(server.folder), "--writable",
                              "--private")
        return server

    def test_readers_beside_eight_writers_get_every_event_once_and_in_order(self):
        polling, streaming = self.follow(self.new_server(), rounds=12)
        self.assertEqual(streaming.connections, 1)
        self.assertIn("inactive", {event["payload"]["deployment_status"]["state"]
                                   for event in polling.seen
                                   if event["event"] == "deployment_status"})

    def test_after_a_kill_readers_go_on_where_they_were(self):
        server = self.new_server()

        def disturb():
            for _ in range(3):
                time.sleep(0.7)
                server.kill()
                server.start()

        followers = self.follow(server, rounds=10, disturb=disturb)
        self.assertGreater(min(f.connections for f in followers), 1)

    def test_a_token_sees_what_its_scopes_open(self):
        deployment = self.create()
        self.report(deployment, "success")
        sha = deployment["sha"]
        self.api.post(f"/repos/demo/shop/statuses/{sha}", {"state": "success"})
        mine = self.server.user_with("feed-reader", "repo_deployment", "demo/shop", "read")
        kinds = {event["event"] for event in mine.get(EVENTS + "?after=0").json["events"]}
        self.assertEqual(kinds, {"deployment", "deployment_status"})
        for scopes, opened in (("repo:status", {"status"}), ("user", set()),
                               ("public_repo", set())):
            token = self.server.create_token("feed-reader", scopes)
            answer = self.server.api(token).get(EVENTS + "?after=0")
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual({event["event"] for event in answer.json["events"]}, opened)
        stranger = self.server.user_with("feed-stranger", "repo")
        self.assertEqual(stranger.get(EVENTS + "?after=0").json["events"], [])
        self.assert_error(stranger.get("/esclusa/repos/demo/shop/events"), 404, "Not Found")
        self.assert_error(self.server.api(None).get(EVENTS), 401, "Requires authentication")

    def test_a_stream_ends_within_seconds_when_its_token_is_revoked(self):
        self.server.create_user("feed-leaver")
        token = self.server.create_token("feed-leaver", "repo")
        stream = Stream(self.server.url, token)
        events = stream.events()
        self.assertIsNone(next(events)[2])
        listed = self.server.cli("token", "list", "feed-leaver").stdout
        number = next(word for word in listed.split() if word.isdigit())
        self.server.cli("token", "revoke", number)
        self.assertEqual([event for event in events if event[2]], [])
        stream.close()

    def test_hundreds_that_wait_hold_up_nobody_and_the_server_stops_at_once(self):
        server = self.new_server()
        tokens = [server.token]
        for number in range(3):
            server.create_user(f"waiter-{number}")
            tokens.append(server.create_token(f"waiter-{number}", "repo"))
        host, port = urllib.parse.urlsplit(server.url).netloc.split(":")
        waiting = []
        for number in range(300):
            path = f"{EVENTS}?wait=60" if number % 2 else EVENTS
            accept = "*/*" if number % 2 else "text/event-stream"
            one = socket.create_connection((host, int(port)), timeout=30)
            one.sendall(f"GET {path} HTTP/1.1\r\nHost: h\r\nAccept: {accept}\r\n"
                        f"Authorization: Bearer {tokens[number % 4]}\r\n\r\n".encode())
            waiting.append(one)
        for one in waiting:
            self.assertTrue(one.recv(4096).startswith(b"HTTP/1.1 200"))
        answer = server.api().post(self.deployments, {"ref": "main", "auto_merge": False,
                                                      "required_contexts": []})
        self.assertEqual(answer.status, 201, answer)
        for number in range(0, 300, 4):  # the administrator's streams
            text = b""
            while b"event: deployment\n" not in text:
                piece = waiting[number].recv(65536)
                self.assertTrue(piece)
                text += piece
        self.assertEqual(server.stop(), 0)
        for one in waiting:
            one.close()

    def test_the_log_of_a_deployment_is_for_those_who_may_read_it(self):
        deployment = self.create()
        path = f"/esclusa{self.deployments}/{deployment['id']}/log"
        self.assert_error(self.api.get(path), 404, "Not Found")
        text = "<script>alert(1)</script> ü\n".encode()
        put = self.api.patch(path + "?offset=0", text, headers={"Content-Type": "text/plain"})
        self.assertEqual((put.status, put.json), (200, {"size": len(text)}))
        gap = self.api.patch(path + "?offset=99", b"x")
        self.assert_error(gap, 409)
        self.assertEqual(gap.headers["Upload-Offset"], str(len(text)))
        log = self.api.get(path)
        self.assertEqual((log.status, log.body), (200, text))
        self.assertEqual(log.headers["Content-Type"], "text/plain; charset=utf-8")
        self.assertEqual(log.headers["X-Content-Type-Options"], "nosniff")
        part = self.api.get(path, headers={"Range": "bytes=0-7"})
        self.assertEqual((part.status, part.body), (206, b"<script>"))
        reader = self.server.user_with("log-reader", "repo_deployment", "demo/shop", "read")
        self.assertEqual(reader.get(path).body, text)
        self.assert_error(reader.patch(path, b"x"), 403)
        self.assert_error(self.server.api(None).get(path), 404)
        self.assertEqual(self.api.delete(f"{self.deployments}/{deployment['id']}").status, 204)
        self.assert_error(self.api.get(path), 404)


class PullingAgentTest(EsclusaTest):
    """The agent without an open port."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(SamePortServer())
        cls.repository = make_repository(cls.server.folder)
        cls.server.add_repository("demo/shop", cls.repository, "--writable", "--private")
        cls.api = cls.server.api()
        cls.agent_token = cls.server.user_with("agent", "repo_deployment", "demo/shop",
                                               "write").token

    def agent(self, script):
        rule = {"repository": "demo/shop", "git": str(self.repository.path), "task": "*",
                "environment": self.environment(), "command": ["sh", "-c", script]}
        agent = test_agent.Agent(self.server.folder / f"{self.environment()}.agent",
                                 self.server.url, self.agent_token, rule, pull=True)
        self.addCleanup(lambda: agent.process and agent.end())
        return agent

    def wait_for(self, deployment, *states):
        path = urllib.parse.urlsplit(deployment["statuses_url"]).path
        test_agent.wait_until(
            lambda: [s["state"] for s in self.server.api().get(path).json] == list(states),
            f"{states}", 60)
        return self.server.api().get(path).json[0]

    def test_it_is_ready_when_it_has_its_place_in_the_feed(self):
        """A deployment of the next moment is not missed. Without a server it is ready, too."""
        agent = self.agent("true").start()
        self.assertTrue((agent.folder / "work/feed.json").exists())
        agent.end()
        (agent.folder / "work/feed.json").unlink()
        self.server.kill()
        agent.start()
        test_agent.wait_until(lambda: "the feed cannot be read" in agent.log.read_text(), "the log")
        self.server.start()
        test_agent.wait_until((agent.folder / "work/feed.json").exists, "the place in the feed")
        self.wait_for(self.create(), "success", "in_progress")

    def test_it_completes_a_deployment_and_its_log_is_at_the_server(self):
        self.agent("echo from the feed; cat index.html").start()
        deployment = self.create()
        status = self.wait_for(deployment, "success", "in_progress")
        self.assertTrue(status["log_url"].startswith(self.server.url + "/esclusa/repos/"))
        log = self.api.get(status["log_url"])
        self.assertEqual(log.status, 200)
        self.assertIn("\nfrom the feed\nthree\n", log.body.decode())
        self.assertTrue(log.body.endswith(b"The command succeeded.\n"))

    def test_what_happened_while_it_was_off_is_deployed_once_it_is_back(self):
        agent = self.agent(f"echo ran >> {self.server.folder / 'ran'}").start()
        agent.end()
        deployment = self.create()
        agent.start()
        self.wait_for(deployment, "success", "in_progress")
        agent.end(signal.SIGKILL)
        agent.start()
        second = self.create()
        self.wait_for(second, "success", "in_progress")
        self.assertEqual((self.server.folder / "ran").read_text(), "ran\nran\n")

    def test_it_goes_on_after_the_server_was_away(self):
        self.agent("echo ran >> " + str(self.server.folder / "again")).start()
        first = self.create()
        self.wait_for(first, "success", "in_progress")
        self.server.kill()
        time.sleep(0.3)
        self.server.start()
        second = self.create()
        self.wait_for(second, "success", "in_progress")
        self.assertEqual((self.server.folder / "again").read_text(), "ran\nran\n")

    def test_the_command_goes_on_while_the_server_is_away(self):
        go = self.server.folder / "go-on"
        self.agent(f"echo begun; while ! test -e {go}; do sleep 0.05; done; echo end").start()
        deployment = self.create()
        self.wait_for(deployment, "in_progress")
        self.server.kill()
        go.touch()
        time.sleep(1.5)  # there is nobody to report to
        self.server.start()
        status = self.wait_for(deployment, "success", "in_progress")
        self.assertIn(b"\nbegun\nend\n", self.api.get(status["log_url"]).body)

    def test_a_log_can_be_followed_while_the_command_runs(self):
        go = self.server.folder / "go"
        self.agent(f"echo begun; while ! test -e {go}; do sleep 0.05; done; echo end").start()
        deployment = self.create()
        log = f"/esclusa{self.deployments}/{deployment['id']}/log"
        test_agent.wait_until(lambda: b"begun" in self.api.get(log).body, "the log")
        self.assertNotIn(b"\nend\n", self.api.get(log).body)
        go.touch()
        self.wait_for(deployment, "success", "in_progress")
        self.assertIn(b"\nend\n", self.api.get(log).body)

    def test_a_wrong_token_says_what_to_do(self):
        agent = self.agent("true")
        (agent.folder / "agent.token").write_text("esc_" + "0" * 36 + "\n")
        agent.start()
        test_agent.wait_until(lambda: "esclusa agent token" in agent.log.read_text(), "advice")


if __name__ == "__main__":
    unittest.main()
