"""The life of a server: first start, later starts, shutdown, data, log."""
import http.client
import json
import signal
import stat
import subprocess
import time
import unittest
import urllib.parse

from harness import BINARY, Server, clean_environment, make_repository

DEPLOYMENTS = "/repos/demo/shop/deployments"
BODY = {"ref": "main", "auto_merge": False, "environment": "staging"}


class Lifecycle(unittest.TestCase):
    """Each test has its own server."""

    def server(self, **settings):
        return self.enterContext(Server(**settings))

    def server_with_repository(self):
        server = self.server()
        server.add_repository("demo/shop", make_repository(server.folder), "--writable",
                              "--private")
        return server

    def test_the_first_start_makes_a_token_once(self):
        server = self.server()
        self.assertEqual(server.output[:2], [f"Esclusa listens on {server.url}",
                                             f"Data: {server.data}"])
        self.assertIn("Administrator: admin", server.output)
        self.assertEqual([line.split(": ")[0] for line in server.output].count(
            "Token"), 1)
        self.assertRegex(server.token, r"^esc_[0-9A-Za-z]{30}[0-9A-Za-z]+$")
        token = server.token

        self.assertEqual(server.stop(), 0)
        server.start()
        self.assertEqual(server.output, [f"Esclusa listens on {server.url}",
                                         f"Data: {server.data}"])
        self.assertNotEqual(server.api(token).get("/repos/demo/nothing").status, 401)

    def test_the_data_folder_is_closed_to_others(self):
        server = self.server()
        self.assertEqual(stat.S_IMODE(server.data.stat().st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(server.socket.stat().st_mode), 0o600)

    def test_a_second_server_on_the_same_data_is_refused(self):
        server = self.server()
        second = subprocess.run(server.command(), check=False, timeout=20, capture_output=True,
                                stdin=subprocess.DEVNULL, text=True, env=clean_environment())
        self.assertNotIn(second.returncode, (0, -signal.SIGABRT, -signal.SIGSEGV), second)
        self.assertIn(str(server.data), second.stderr)
        self.assertNotIn("Esclusa listens", second.stdout)
        self.assertEqual(server.api(None).get("/livez").status, 200)
        server.create_user("after-the-second")

    def test_data_that_is_not_ours_is_refused(self):
        server = self.server()
        file = server.folder / "a-file"
        file.write_text("not a folder\n")
        done = subprocess.run(server.command(file), check=False, timeout=20, capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, env=clean_environment())
        self.assertGreater(done.returncode, 0, done)
        self.assertTrue(done.stderr.strip())

    def test_health_and_the_first_page(self):
        nobody = self.server().api(None)
        for path in ("/livez", "/readyz"):
            self.assertEqual(nobody.get(path).status, 200, path)
        page = nobody.get("/", headers={"Accept": "text/html"})
        self.assertEqual(page.status, 200)
        self.assertTrue(page.headers["Content-Type"].startswith("text/html"))
        self.assertIn(b"Esclusa", page.body)

    def test_sigterm_answers_what_is_in_flight(self):
        server = self.server_with_repository()
        address = urllib.parse.urlsplit(server.url).netloc
        headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
        connections = [http.client.HTTPConnection(address, timeout=20) for _ in range(32)]
        for connection in connections:  # open, and known to the server
            connection.request("GET", "/livez")
            connection.getresponse().read()
            self.addCleanup(connection.close)
        for connection in connections:
            connection.request("POST", DEPLOYMENTS, json.dumps(BODY).encode(), headers)
        time.sleep(0.02)  # all requests have been read; most are not answered
        server.process.send_signal(signal.SIGTERM)
        answers = []
        for connection in connections:
            answer = connection.getresponse()
            answers.append((answer.status, json.loads(answer.read())))
        self.assertEqual({status for status, _ in answers}, {201})
        self.assertEqual(server.process.wait(20), 0)
        server.stop()

        server.start()
        kept = {one["id"] for one in server.api().all_pages(DEPLOYMENTS + "?per_page=100")}
        self.assertEqual(kept, {made["id"] for _, made in answers})

    def test_more_signals_do_not_disturb_a_stop(self):
        server = self.server_with_repository()
        for _ in range(5):
            while server.process.poll() is None:
                server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.returncode, 0)
            server.stop()
            server.start()

    def test_sigterm_does_not_wait_for_idle_connections(self):
        server = self.server()
        idle = server.api(None, keep_alive=True)
        self.addCleanup(idle.close)
        idle.get("/livez")
        begin = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - begin, 5)

    def test_what_was_acknowledged_survives_kill_9(self):
        server = self.server_with_repository()
        made = server.api().post(DEPLOYMENTS, BODY).json
        server.kill()
        server.start()
        self.assertEqual(server.api().get(f"{DEPLOYMENTS}/{made['id']}").json["id"], made["id"])

    def test_the_log_has_request_ids_and_no_secrets(self):
        server = self.server_with_repository()
        user = server.user_with("carla", "repo", "demo/shop", "write")
        answer = user.post(DEPLOYMENTS, BODY)
        self.assertEqual(answer.status, 201, answer)
        server.api().post("/repos/demo/shop/hooks", {"config": {
            "url": "http://127.0.0.1:9/?key=hidden-in-url", "secret": "hidden-secret"}})
        user.get(f"{DEPLOYMENTS}?access_token={user.token}")
        wrong = "esc_" + "Wrong" * 7
        server.api(wrong).get(DEPLOYMENTS)
        server.stop()
        log = server.log.read_text(errors="replace")
        self.assertIn(answer.headers["X-GitHub-Request-Id"], log)
        for secret in (server.token, user.token, wrong, "hidden-secret"):
            self.assertNotIn(secret, log)

    def test_no_file_holds_a_token(self):
        server = self.server_with_repository()
        token = server.create_token("admin", "repo", "--name", "second", "--expires-in", "90d")
        server.api(token).get(DEPLOYMENTS)
        server.stop()
        for file in server.data.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                for secret in (server.token, token):
                    self.assertNotIn(secret.encode(), content, file)


class CommandLine(unittest.TestCase):
    """`esclusa user|token|repo …` through the running server."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server())
        cls.repository = make_repository(cls.server.folder)

    def test_a_token_stands_alone_on_standard_output(self):
        self.server.create_user("dora")
        done = self.server.cli("token", "create", "dora", "--scopes", "repo_deployment,repo:status",
                               "--name", "ci", "--expires-in", "90d")
        self.assertRegex(done.stdout, r"^esc_[0-9A-Za-z]+\n$")

    def test_kinds_of_accounts(self):
        for kind in ("user", "organization", "bot"):
            self.server.create_user(f"a-{kind}", "--kind", kind)
        self.server.create_user("a-site-admin", "--site-admin")

    def test_repositories_are_added_and_created(self):
        self.server.add_repository("tools/one", self.repository, "--public")
        self.server.cli("repo", "create", "tools/two")
        for name in ("tools/one", "tools/two"):
            self.assertEqual(self.server.api().get(f"/repos/{name}/deployments").status, 200, name)

    def test_refusals_are_plain_and_fail(self):
        self.server.create_user("emil")
        for arguments in (("user", "create", "emil"), ("user", "create", "-bad-"),
                          ("token", "create", "nobody", "--scopes", "repo"),
                          ("token", "create", "emil", "--scopes", "nonsense"),
                          ("repo", "add", "x/y", "/nowhere"), ("repo", "add", "no-slash", "/"),
                          ("repo", "add", "repos/y", str(self.repository.path)),
                          ("repo", "grant", "x/nothing", "emil", "write"), ("nonsense",)):
            with self.subTest(arguments=arguments):
                done = self.server.cli(*arguments, check=False)
                self.assertGreater(done.returncode, 0)
                self.assertTrue(done.stderr.strip())
                self.assertNotIn("terminate called", done.stderr)

    def test_without_a_server_it_says_so(self):
        socket = str(self.server.folder / "nothing.sock")
        done = subprocess.run([BINARY, "user", "create", "fred", "--socket", socket], check=False,
                              timeout=20, capture_output=True, text=True, env=clean_environment())
        self.assertGreater(done.returncode, 0)
        self.assertIn(socket, done.stderr)


if __name__ == "__main__":
    unittest.main()
