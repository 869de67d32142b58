"""Behind nginx, Caddy and HAProxy, as docs/proxies.md configures them. nginx is tested whole, the
others on their main path; with ESCLUSA_ALL_PROXIES (`./dev check --full`) all are tested whole."""
import asyncio
import contextlib
import hashlib
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import unittest
import urllib.parse

from harness import (BINARY, DIES_WITH_PARENT, ROOT, clean_environment, make_repository,
                     not_everyday, wait_until)
from proxies import BehindCaddy, BehindHaproxy, BehindNginx, new_site

IS_WHOLE = "ESCLUSA_ALL_PROXIES" in os.environ
whole = unittest.skipUnless(IS_WHOLE, "nginx is tested with this: `check --full` tests all")
DEPLOYMENTS = "/repos/demo/shop/deployments"
LOG_BYTES = 16 * 1024 * 1024
PART_BYTES = 1024 * 1024  # the largest body
CLIENTS = 1000


class ProxyTest(unittest.TestCase):
    kind = None
    settings = {}

    @classmethod
    def setUpClass(cls):
        if cls.kind is None:
            raise unittest.SkipTest("a base")
        cls.site = new_site(cls.kind, **cls.settings)
        cls.addClassCleanup(cls.site.__exit__)
        cls.api = cls.site.api()

    def create(self, **fields):
        answer = self.api.post(DEPLOYMENTS, {"ref": "main", "auto_merge": False,
                                             "required_contexts": [], "environment": self.id(),
                                             **fields})
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def urls_in(self, value, key=""):
        """All links of an answer."""
        if isinstance(value, dict):
            return [url for name, inner in value.items() for url in self.urls_in(inner, name)]
        if isinstance(value, list):
            return [url for inner in value for url in self.urls_in(inner, key)]
        is_link = isinstance(value, str) and key.endswith("url") and value.startswith("http")
        return [value] if is_link else []

    def peers(self, path):
        """The clients of the requests for a path, once one is in the log."""
        wait_until(lambda: self.site.server.requests(path), f"{path} in the log")
        return [line["peer"] for line in self.site.server.requests(path)]


class MainPath:
    """What each proxy has to do in each run."""

    def test_a_deployment_with_links_that_lead_through_the_proxy(self):
        made = self.create()
        links = self.urls_in(made)
        self.assertGreater(len(links), 5)
        for url in links:
            self.assertTrue(url.startswith(self.site.url + "/"), url)
        self.assertEqual(self.api.post(made["statuses_url"], {"state": "success"}).status, 201)
        self.assertEqual(self.api.get(made["url"]).json["id"], made["id"])
        for _ in range(2):
            self.create()
        page = self.api.get(f"{DEPLOYMENTS}?per_page=1")
        self.assertTrue(dict(page.links())["next"].startswith(self.site.url + "/repositories/"))
        pages = self.api.all_pages(f"{DEPLOYMENTS}?per_page=1&environment={self.id()}")
        self.assertEqual(len(pages), 3)
        described = self.api.get("/openapi.json").json
        self.assertEqual(described["servers"], [{"url": self.site.url}])
        self.assertIn(self.site.url, self.site.api(None).get("/").body.decode())

    def test_errors_are_those_of_the_server(self):
        missing = self.api.get("/repos/demo/none")
        self.assertEqual((missing.status, missing.json["message"]), (404, "Not Found"))
        large = self.api.post(DEPLOYMENTS, b"x" * (PART_BYTES + 1))
        self.assertEqual((large.status, large.json["message"]), (413, "Request body is too large"))
        self.assertEqual(self.site.api(None).get("/user").status, 401)

    def test_the_log_has_the_client_whatever_it_says_of_itself(self):
        forged = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http",
                  "X-Forwarded-Host": "evil.example", "Forwarded": "for=203.0.113.7;host=evil"}
        api = self.site.api(address="127.0.0.2")
        for number, headers in enumerate(({}, forged, {
                "Forwarded": "for=\"open", "X-Forwarded-For": "unknown, 10.0.0.1"})):
            answer = api.request("GET", f"/nowhere-{number}", headers=headers)
            self.assertEqual(answer.status, 404, answer)
            self.assertEqual(self.peers(f"/nowhere-{number}"), ["127.0.0.2"])
        answer = self.api.request("GET", "/repos/demo/shop", headers=forged)
        for url in self.urls_in(answer.json):
            self.assertTrue(url.startswith(self.site.url + "/"), url)

    def test_clients_may_speak_HTTP_2(self):
        done = subprocess.run(
            ["curl", "-sS", "--http2", "--cacert", self.site.folder / "fullchain.pem", "-H",
             f"Authorization: Bearer {self.site.server.token}", "-w",
             "\n%{http_version} %{http_code}", f"{self.site.url}/repos/demo/shop"],
            check=False, capture_output=True, text=True, timeout=60)
        body, _, end = done.stdout.rpartition("\n")
        self.assertEqual(end, "2 200", done)
        self.assertEqual(json.loads(body)["url"], f"{self.site.url}/repos/demo/shop")

    def test_an_event_comes_at_once(self):
        with contextlib.closing(self.stream()) as stream:
            made = self.create()
            self.assertEqual(self.next_event(stream)["payload"]["deployment"]["id"], made["id"])
            self.api.post(made["statuses_url"], {"state": "queued"})
            self.assertEqual(self.next_event(stream)["payload"]["deployment_status"]["state"],
                             "queued")

    def stream(self):
        """A stream of events. It fails if nothing comes for 14 s: the next comment, after 15 s,
        must not be what pushes an event out of a buffer."""
        target = urllib.parse.urlsplit(self.site.url)
        connection = http.client.HTTPSConnection(target.netloc, timeout=14,
                                                 context=self.site.trust)
        self.addCleanup(connection.close)
        # The end of the feed is its beginning: what happens from now on is seen.
        now = self.api.get("/esclusa/events").json["next"]
        connection.request("GET", f"{target.path}/esclusa/events?after={now}", headers={
            "Accept": "text/event-stream", "Authorization": f"Bearer {self.site.server.token}"})
        response = connection.getresponse()
        self.assertEqual((response.status, response.headers["Content-Type"]),
                         (200, "text/event-stream"))
        return response

    @staticmethod
    def next_event(stream):
        for line in iter(stream.readline, b""):
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        raise AssertionError("the stream ended")


class Whole:
    """What is tested with nginx in each run, and with the others by `check --full`."""

    def test_a_long_poll_is_answered_by_the_first_event(self):
        now = self.api.get("/esclusa/events").json["next"]
        self.assertEqual(self.api.get(f"/esclusa/events?after={now}&wait=1").json["events"], [])
        found = []
        poll = threading.Thread(target=lambda: found.append(
            self.site.api(timeout=90).get(f"/esclusa/events?after={now}&wait=60")))
        poll.start()
        made = self.create()
        poll.join()
        self.assertEqual(found[0].json["events"][0]["payload"]["deployment"]["id"], made["id"])

    def test_the_list_of_agents_has_the_address_of_the_client(self):
        token = self.site.server.create_token("admin", "repo")
        self.assertEqual(self.site.api(token, address="127.0.0.3").get("/esclusa/events").status,
                         200)
        wait_until(lambda: "127.0.0.3" in [agent["seen"]["address"] for agent in
                                           self.api.get("/esclusa/agents").json if agent["seen"]],
                   "the client among the agents")

    @not_everyday
    def test_a_log_of_16_MiB_up_and_down(self):
        address = f"/esclusa{DEPLOYMENTS}/{self.create()['id']}/log"
        line = "".join(random.Random(20).choices("abcdefghijklmnop ", k=99)) + "\n"
        text = (line * (LOG_BYTES // len(line) + 1)).encode()[:LOG_BYTES]
        api = self.site.api(keep_alive=True, timeout=120)
        for offset in range(0, LOG_BYTES, PART_BYTES):
            part = api.request("PATCH", f"{address}?offset={offset}",
                               text[offset:offset + PART_BYTES], {"Content-Type": "text/plain"})
            self.assertLess(part.status, 300, part)
        full = api.request("PATCH", f"{address}?offset={LOG_BYTES}", b"x",
                           {"Content-Type": "text/plain"})
        self.assertEqual(full.status, 413, full)
        got = api.get(address)
        self.assertEqual(hashlib.sha256(got.body).hexdigest(), hashlib.sha256(text).hexdigest())
        api.close()

    @not_everyday
    def test_1000_connections_at_once(self):
        target = urllib.parse.urlsplit(self.site.url)
        request = (f"GET {target.path}/repos/demo/shop HTTP/1.1\r\nHost: {target.netloc}\r\n"
                   f"Authorization: Bearer {self.site.server.token}\r\n\r\n").encode()

        async def ask(reader, writer):
            writer.write(request)
            status = await reader.readline()
            length = 0
            while (line := await reader.readline()) not in (b"\r\n", b""):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            return status.split()[1], await reader.readexactly(length)

        async def run():
            opening = asyncio.Semaphore(32)  # TLS handshakes at once

            async def connect():
                async with opening:
                    connection = await asyncio.open_connection(
                        "127.0.0.1", target.port, ssl=self.site.trust, server_hostname="localhost")
                    answers.append(await ask(*connection))  # who says nothing is not waited for
                    return connection
            answers = []
            connections = await asyncio.gather(*(connect() for _ in range(CLIENTS)))
            # Now all are open at the same time.
            answers += await asyncio.gather(*(ask(*one) for one in connections))
            self.assertEqual(len(answers), 2 * CLIENTS)
            self.assertEqual({status for status, _ in answers}, {b"200"})
            self.assertEqual(len({body for _, body in answers}), 1)
            for _, writer in connections:
                writer.transport.abort()
            await asyncio.gather(*(writer.wait_closed() for _, writer in connections),
                                 return_exceptions=True)

        asyncio.run(run())

    def test_proxy_and_server_see_the_same_requests(self):
        """An attacker sends heads that two programs may understand in two ways. If the server saw
        more requests than the proxy, the next answer would be somebody else's."""
        tries = [Smuggler(self.site, number, head) for number, head in enumerate(SMUGGLING)]
        for attack in tries:
            self.addCleanup(attack.connection.close)
            attack.read()
            # Whoever uses the proxy's connections next gets the answer to the own request.
            for _ in range(3):
                missing = self.site.api(None).get(f"/repos/demo/shop/{attack.number}")
                self.assertEqual(missing.status, 404, attack.head)
                self.assertEqual(self.api.get("/repos/demo/shop").json["name"], "shop", attack.head)

        def all_are_answered():
            for attack in tries:
                attack.read()
            return [attack.head for attack in tries if attack.is_desynchronised()] == []
        wait_until(all_are_answered, "an answer for each request")

    def test_the_proxy_says_that_the_server_is_away_and_finds_it_again(self):
        self.site.server.stop()
        self.assertEqual(self.api.get("/zen").status, self.site.away)
        self.site.server.start()
        wait_until(lambda: self.api.get("/zen").status == 200, "the server behind the proxy")


class Smuggler:
    """Sends a request with another one in its body, on a connection of its own."""

    def __init__(self, site, number, head):
        self.site, self.number, self.head, self.received = site, number, head, b""
        base = urllib.parse.urlsplit(site.url).path
        host = f"Host: localhost:{site.public_port}\r\n"
        body = f"0\r\n\r\nGET {base}/hidden-{number} HTTP/1.1\r\n{host}\r\n"
        fields = head.replace("LENGTH", str(len(body)))
        self.connection = site.connect()
        self.connection.sendall(
            f"POST {base}/carrier-{number} HTTP/1.1\r\n{host}{fields}\r\n{body}".encode())

    def read(self):
        """Reads what has come. What is no whole request gets no answer."""
        self.connection.settimeout(0.1)
        with contextlib.suppress(OSError):
            while more := self.connection.recv(65536):
                self.received += more

    def is_desynchronised(self):
        """Whether the server has seen more requests than the attacker got answers."""
        seen = sum(len(self.site.server.requests(f"/{name}-{self.number}"))
                   for name in ("carrier", "hidden"))
        return seen > self.received.count(b"HTTP/1.1 ")


# Heads of a POST whose body is an end of chunks and, behind it, a request. `LENGTH` is the length
# of all of it, 5 that of the end of chunks.
SMUGGLING = [
    "Content-Length: LENGTH\r\nTransfer-Encoding: xchunked\r\n",
    "Content-Length: LENGTH\r\nTransfer-Encoding : chunked\r\n",
    "Content-Length: LENGTH\r\nTransfer-Encoding: identity, chunked;q=0.5\r\n",
    "Content-Length: LENGTH\r\nX: x\nTransfer-Encoding: chunked\r\n",
    "Content-Length: LENGTH\r\n Transfer-Encoding: chunked\r\n",
    "Content-Length: LENGTH\r\nTransfer-Encoding:\x0bchunked\r\n",
    "Content-Length: LENGTH\r\nTransfer-Encoding: \"chunked\"\r\n",
    "Content-Length: LENGTH\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\nContent-Length: LENGTH\r\n",
    "Content-Length: 5, LENGTH\r\n",
    "Content-Length: +LENGTH\r\n",
    "Content-Length: LENGTH\r\nContent_Length: 5\r\n",
    "Content-Length: LENGTH\r\nContent-Length : 5\r\n",
    "Content-Length: 0x5\r\nContent-Length: LENGTH\r\n",
]


class Nginx(MainPath, Whole, ProxyTest):
    kind = BehindNginx


class Caddy(MainPath, ProxyTest):
    kind = BehindCaddy


class Haproxy(MainPath, ProxyTest):
    kind = BehindHaproxy


@whole
class CaddyWhole(Whole, ProxyTest):
    kind = BehindCaddy


@whole
class HaproxyWhole(Whole, ProxyTest):
    kind = BehindHaproxy


class BelowPath(MainPath, ProxyTest):
    """Below /deploy, which the proxy leaves in the requests."""
    kind = BehindNginx
    settings = {"has_path": True}

    def test_a_redirect_stays_below_the_path(self):
        former = make_repository(self.site.server.folder, "former")
        self.site.server.add_repository("demo/former", former)
        self.site.server.cli("repo", "rename", "demo/former", "latter")
        answer = self.api.get("/repos/demo/former")
        self.assertEqual(answer.status, 301, answer)
        self.assertTrue(answer.headers["Location"].startswith(self.site.url + "/repositories/"))
        self.assertEqual(self.api.get(answer.headers["Location"]).json["name"], "latter")

    def test_api_v3_is_below_it_too(self):
        made = self.create()
        again = self.api.get(f"/api/v3{DEPLOYMENTS}/{made['id']}").json
        self.assertEqual(again["url"], f"{self.site.url}/api/v3{DEPLOYMENTS}/{made['id']}")

    def test_the_command_line_deploys_and_the_event_has_links_below_it(self):
        done = subprocess.run(
            [BINARY, "deploy", "demo/shop", "main", "--environment", "by-command", "--ca-file",
             str(self.site.folder / "fullchain.pem")], check=False, capture_output=True, text=True,
            timeout=60, env=clean_environment({"ESCLUSA_URL": self.site.url,
                                               "ESCLUSA_TOKEN": self.site.server.token}))
        self.assertEqual(done.returncode, 0, done)
        events = self.api.get("/esclusa/events?after=0").json["events"]
        for url in self.urls_in(events[-1]["payload"]["deployment"]):
            self.assertTrue(url.startswith(self.site.url + "/"), url)

    @not_everyday
    def test_an_agent_follows_the_feed_and_uploads_its_log_through_it(self):
        folder = self.site.server.folder / f"agent-{type(self).__name__}"
        folder.mkdir()
        (folder / "agent.token").write_text(self.site.server.token + "\n")
        (folder / "agent.toml").write_text("\n".join((
            'mode = "pull"', 'token_file = "agent.token"', 'work = "work"',
            f'server = "{self.site.url}"', f'ca_file = "{self.site.folder}/fullchain.pem"',
            "[[deploy]]", 'repository = "demo/shop"', 'environment = "by-agent"',
            f'git = "{self.site.server.folder}/shop"', 'command = ["echo", "deployed below it"]',
            "")))
        with open(folder / "log", "wb") as log:
            agent = subprocess.Popen(
                [*DIES_WITH_PARENT, BINARY, "agent", "--config", str(folder / "agent.toml")],
                env=clean_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.terminate)
        wait_until((folder / "work/feed.json").exists, "the agent's place in the feed")
        made = self.create(environment="by-agent")

        def has_ended():
            self.assertIsNone(agent.poll(), (folder / "log").read_text())
            return self.api.get(made["statuses_url"]).json[:1] and self.api.get(
                made["statuses_url"]).json[0]["state"] == "success"
        wait_until(has_ended, f"the run; {folder / 'log'}", 60)
        log_url = self.api.get(made["statuses_url"]).json[0]["log_url"]
        self.assertTrue(log_url.startswith(f"{self.site.url}/esclusa/repos/"), log_url)
        self.assertIn(b"deployed below it", self.api.get(log_url).body)

    @not_everyday
    def test_octokit_works_below_it(self):
        folder = ROOT / "tests/clients/octokit"
        if not (folder / "node_modules/.prepared").exists():
            self.skipTest("Octokit is not there: `./dev check` fetches it")
        script = """
            import { Octokit } from "octokit";
            const octokit = new Octokit({ baseUrl: process.env.URL, auth: process.env.TOKEN });
            const shop = { owner: "demo", repo: "shop", environment: "by-octokit" };
            for (let i = 0; i < 3; ++i) {
              await octokit.rest.repos.createDeployment(
                { ...shop, ref: "main", auto_merge: false, required_contexts: [] });
            }
            const all = await octokit.paginate(octokit.rest.repos.listDeployments,
                                               { ...shop, per_page: 1 });
            console.log(all.length, all[0].url.startsWith(process.env.URL));
        """
        for number, below in enumerate(("", "/api/v3"), 1):
            done = subprocess.run(
                ["node", "--input-type=module", "-e", script], cwd=folder, check=False, timeout=60,
                capture_output=True, text=True, env=clean_environment({
                    "URL": self.site.url + below, "TOKEN": self.site.server.token,
                    "NODE_EXTRA_CA_CERTS": str(self.site.folder / "fullchain.pem")}))
            self.assertEqual(done.stdout, f"{3 * number} true\n", done)

    @not_everyday
    def test_pygithub_works_below_it(self):
        script = "\n".join((
            "import github, sys",
            "hub = github.Github(base_url=sys.argv[1] + '/api/v3', login_or_token=sys.argv[2])",
            "shop = hub.get_repo('demo/shop')",
            "made = shop.create_deployment('main', auto_merge=False, required_contexts=[],",
            "                              environment='by-pygithub')",
            "made.create_status('success')",
            "print(len(list(shop.get_deployments())) > 0, shop.get_deployment(made.id).url)"))
        python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
        if subprocess.run([python, "-c", "import github"], check=False,
                          capture_output=True).returncode != 0:
            self.skipTest("PyGithub is not installed: `./dev check` installs it")
        done = subprocess.run(
            [python, "-c", script, self.site.url, self.site.server.token], check=False, timeout=60,
            capture_output=True, text=True,
            env=clean_environment({"REQUESTS_CA_BUNDLE": str(self.site.folder / "fullchain.pem")}))
        self.assertEqual(done.returncode, 0, done)
        self.assertTrue(done.stdout.startswith(f"True {self.site.url}/api/v3{DEPLOYMENTS}/"), done)


@whole
class StrippedPath(BelowPath):
    """Below /deploy, which the proxy removes from the requests."""
    settings = {"has_path": True, "strips": True}


@whole
class CaddyBelowPath(MainPath, ProxyTest):
    kind = BehindCaddy
    settings = {"has_path": True}


@whole
class CaddyStrippedPath(MainPath, ProxyTest):
    kind = BehindCaddy
    settings = {"has_path": True, "strips": True}


@whole
class HaproxyBelowPath(MainPath, ProxyTest):
    kind = BehindHaproxy
    settings = {"has_path": True}


class UnixSocket(MainPath, ProxyTest):
    """nginx reaches the server through a unix socket."""
    kind = BehindNginx
    settings = {"through": "toml-unix"}

    def test_the_socket_has_its_permissions_and_goes_with_the_server(self):
        self.assertEqual(self.site.socket.stat().st_mode & 0o777, 0o660)
        self.assertEqual(self.site.server.stop(), 0)
        self.assertFalse(self.site.socket.exists())
        self.site.server.start()
        wait_until(lambda: self.api.get("/zen").status == 200, "the server behind the proxy")

    def test_what_a_killed_server_has_left_is_replaced(self):
        self.site.server.kill()
        self.assertTrue(self.site.socket.exists())
        self.site.server.start()
        wait_until(lambda: self.api.get("/zen").status == 200, "the server behind the proxy")


@whole
class CaddyUnixSocket(MainPath, ProxyTest):
    kind = BehindCaddy
    settings = {"through": "toml-unix"}


if __name__ == "__main__":
    unittest.main()
