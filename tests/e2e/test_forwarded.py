"""Who is believed about the client of a request: headers of proxies and of others, rate limits by
address, and the settings about proxies. test_proxies.py has the proxies themselves."""
import signal
import socket
import subprocess
import unittest
import urllib.parse

from harness import BINARY, Server, clean_environment, make_repository, wait_until
from proxies import BehindNginx, OwnPortServer, new_site


class RateLimits(unittest.TestCase):
    """Who is counted, behind a proxy and without one."""

    limits = ("--rate-limit-enabled", "true", "--rate-limit-anonymous-per-hour", "3")

    def statuses(self, api, count, **headers):
        return [api.request("GET", "/zen", headers=headers).status for _ in range(count)]

    def test_each_client_of_the_proxy_has_a_limit_of_its_own(self):
        site = new_site(BehindNginx, arguments=self.limits)
        self.addCleanup(site.__exit__)
        one, other = (site.api(None, address=f"127.0.0.{n}") for n in (2, 3))
        self.assertEqual(self.statuses(one, 5), [200] * 3 + [403] * 2)
        self.assertIn("127.0.0.2.", one.get("/zen").json["message"])
        # Another name for itself does not help.
        self.assertEqual(self.statuses(one, 2, **{"X-Forwarded-For": "203.0.113.7"}), [403] * 2)
        self.assertEqual(self.statuses(one, 2, Forwarded="for=203.0.113.7"), [403] * 2)
        self.assertEqual(self.statuses(other, 4), [200] * 3 + [403])

    def test_a_peer_that_is_no_proxy_changes_nothing_by_headers(self):
        for arguments in ((), ("--trusted-proxies", "127.0.0.9,::1,unix")):
            with self.subTest(arguments=arguments), \
                    Server(arguments=(*self.limits, *arguments)) as server:
                self.forge(server)

    def forge(self, server):
        server.add_repository("demo/shop", make_repository(server.folder), "--public")
        forged = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https",
                  "X-Forwarded-Host": "evil.example",
                  "Forwarded": "for=203.0.113.7;proto=https;host=evil.example"}
        api = server.api(None, address="127.0.0.2")
        answer = api.request("GET", "/repos/demo/shop", headers=forged)
        self.assertTrue(answer.json["url"].startswith(server.url + "/"), answer.json["url"])
        for last in range(2):
            forged |= {"X-Forwarded-For": f"203.0.113.{last}", "Forwarded": f"for=203.0.113.{last}"}
            self.assertEqual(api.request("GET", "/zen", headers=forged).status, 200)
        refused = api.request("GET", "/zen", headers=forged)
        self.assertEqual(refused.status, 403)
        self.assertIn("127.0.0.2.", refused.json["message"])

    def test_a_reload_changes_who_is_believed(self):
        server = OwnPortServer()
        file = server.folder / "esclusa.toml"
        file.write_text('trusted_proxies = "127.0.0.9"\n')
        server.set_arguments(["--config", str(file)])

        def client(path):
            answer = server.api(None).request("GET", path, headers={
                "X-Forwarded-For": "203.0.113.7"})
            self.assertEqual(answer.status, 404)
            wait_until(lambda: server.requests(path), f"{path} in the log")
            return server.requests(path)[0]["peer"]

        with server:
            self.assertEqual(client("/before"), "127.0.0.1")
            file.write_text('trusted_proxies = "127.0.0.1"\n')
            server.process.send_signal(signal.SIGHUP)
            tries = iter(range(1000))
            wait_until(lambda: client(f"/after-{next(tries)}") == "203.0.113.7", "the reload")

    def test_a_host_that_is_none_is_refused_and_no_link_has_it(self):
        with Server(arguments=("--trusted-proxies", "127.0.0.1")) as server:
            port = urllib.parse.urlsplit(server.url).port
            for fields in ("Host: a\r\nX-Forwarded-Host: evil.example/x", "Host: a b",
                           "Host: a\r\nX-Forwarded-Host: \"><script>", "Host: a@b",
                           "Host: a\r\nForwarded: host=\"a\\\"b\"", "Host: a\r\nForwarded: for=\""):
                with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                    connection.sendall(f"GET /meta HTTP/1.1\r\n{fields}\r\n\r\n".encode())
                    self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 400 "), fields)
            answer = server.api().request("GET", "/user", headers={
                "X-Forwarded-Host": "deploy.example:8443", "X-Forwarded-Proto": "https"})
            self.assertTrue(answer.json["url"].startswith("https://deploy.example:8443/"), answer)


class Settings(unittest.TestCase):
    """What the server refuses at its start."""

    def test_each_error_names_the_setting(self):
        for arguments, says in (
                (["--trusted-proxies", "0.0.0.0/0"], "would let everybody name any client"),
                (["--trusted-proxies", "proxy.example"], "is none of them"),
                (["--external-url", "https://x.example/repos"], "the server's own paths begin"),
                (["--external-url", "https://x.example/?a"],
                 "without credentials, query and fragment"),
                (["--listen", "unix:http.sock"], "the whole path of a socket"),
                (["--listen", "unix:/run/http.sock"], "links need the setting external_url"),
                (["--listen-mode", "888"], "permissions in octal digits")):
            done = subprocess.run([BINARY, "serve", "--data", "/nonexistent/esclusa", *arguments],
                                  check=False, capture_output=True, text=True, timeout=60,
                                  stdin=subprocess.DEVNULL, env=clean_environment())
            self.assertNotEqual(done.returncode, 0, arguments)
            self.assertIn(says, done.stderr, arguments)


if __name__ == "__main__":
    unittest.main()
