"""TLS: a server with a certificate, its clients, and the renewal of a certificate."""
import json
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import unittest
import urllib.parse

import test_agent  # for its Agent; its tests do not run here
from harness import BINARY, EsclusaTest, Server, clean_environment, wait_until

CONFIG = """
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
subjectAltName = DNS:localhost, IP:127.0.0.1
extendedKeyUsage = serverAuth
"""


class Authority:
    """A certificate authority in a folder, made with the openssl program."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        (self.folder / "openssl.conf").write_text(CONFIG)
        self.file = self._make("authority", "ca")
        self.trust = ssl.create_default_context(cafile=str(self.file))

    def issue(self, name):
        """(certificate, key) of a server on this machine."""
        certificate = self._make("server", name, "-CA", str(self.file),
                                 "-CAkey", str(self.folder / "ca.key"))
        return certificate, self.folder / f"{name}.key"

    def _make(self, kind, name, *more):
        file = self.folder / f"{name}.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-config", self.folder / "openssl.conf", "-extensions",
             kind, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", f"/CN={name}", "-keyout", self.folder / f"{name}.key", "-out", file, *more],
            check=True, capture_output=True, stdin=subprocess.DEVNULL)
        return file


class Tls(EsclusaTest):
    """One server with a certificate for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.authority = Authority(cls.folder)
        cls.certificate, cls.key = cls.folder / "live.pem", cls.folder / "live.key"
        cls.install("first")
        cls.server_settings = {"tls": cls.authority.trust,
                               "arguments": ("--tls-certificate", str(cls.certificate),
                                             "--tls-key", str(cls.key))}
        super().setUpClass()

    @classmethod
    def install(cls, name):
        """Puts a new certificate in the place where the server reads it."""
        certificate, key = cls.authority.issue(name)
        shutil.copy(key, cls.key)
        shutil.copy(certificate, cls.certificate)

    def served_name(self):
        """The name in the certificate of a new connection."""
        port = urllib.parse.urlsplit(self.server.url).port
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain, \
                self.authority.trust.wrap_socket(plain, server_hostname="localhost") as secure:
            return dict(part[0] for part in secure.getpeercert()["subject"])["commonName"]

    def test_the_address_and_links_are_https(self):
        self.assertTrue(self.server.url.startswith("https://127.0.0.1:"), self.server.url)
        made = self.create(payload={"large": "x" * 60_000})
        self.assertTrue(made["url"].startswith(self.server.url + self.deployments), made["url"])
        self.assertTrue(made["statuses_url"].startswith(self.server.url))
        self.report(made, "success")
        self.assertEqual(self.states(made), ["success"])
        self.assertEqual(self.api.get(made["url"]).json["payload"], made["payload"])

    def test_links_follow_the_host_that_a_client_uses(self):
        made = self.create()
        port = urllib.parse.urlsplit(self.server.url).port
        answer = self.api.get(f"{self.deployments}/{made['id']}",
                              headers={"Host": f"localhost:{port}"})
        self.assertTrue(answer.json["url"].startswith(f"https://localhost:{port}/"), answer)

    def test_a_client_that_does_not_know_the_authority_refuses(self):
        stranger = self.server.api(None)
        stranger._tls = ssl.create_default_context()
        with self.assertRaises(ssl.SSLCertVerificationError):
            stranger.get("/livez")

    def test_old_versions_of_tls_are_refused(self):
        old = ssl.create_default_context(cafile=str(self.authority.file))
        old.set_ciphers("DEFAULT:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        client = self.server.api(None)
        client._tls = old
        with self.assertRaises(ssl.SSLError):
            client.get("/livez")

    def test_plain_http_is_told_to_come_by_https(self):
        plain = self.server.api(None)
        plain.base = self.server.url.replace("https://", "http://")
        answer = plain.get("/livez")
        self.assertEqual(answer.status, 400)
        self.assertIn(b"https://", answer.body)

    def test_curl_and_the_command_line_take_a_file_of_authorities(self):
        curl = ["curl", "-sS", "--fail", "--cacert", str(self.authority.file)]
        done = subprocess.run([*curl, self.server.url + "/livez"], check=True, timeout=20,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.stdout, "ok\n")

        def history(**more):
            return subprocess.run([BINARY, "history", "demo/shop"], check=False, timeout=20,
                                  capture_output=True, text=True, stdin=subprocess.DEVNULL,
                                  env=clean_environment({"ESCLUSA_URL": self.server.url,
                                                         "ESCLUSA_TOKEN": self.server.token,
                                                         **more}))
        made = self.create()
        done = history(ESCLUSA_CA_FILE=str(self.authority.file))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(made["environment"], done.stdout)
        refused = history()
        self.assertEqual(refused.returncode, 1)
        self.assertIn("ESCLUSA_CA_FILE", refused.stderr)

    def test_the_agent_deploys_through_a_server_of_ones_own_authority(self):
        token = self.server.user_with("agent", "repo_deployment", "demo/shop", "write").token
        agent = test_agent.Agent(
            self.folder / "agent", self.server.url, token,
            {"repository": "demo/shop", "git": str(self.repository.path), "command": ["true"],
             "environment": self.environment()})
        file = agent.folder / "agent.toml"
        file.write_text(f"ca_file = {json.dumps(str(self.authority.file))}\n" + file.read_text())
        agent.start()
        self.addCleanup(agent.end)
        hook = self.api.post("/repos/demo/shop/hooks", {"events": ["deployment"], "config": {
            "url": agent.url + "/events", "content_type": "json", "secret": test_agent.SECRET}})
        self.assertEqual(hook.status, 201, hook)
        made = self.create()
        wait_until(lambda: "success" in self.states(made), "the agent's report")
        self.assertTrue(hook.json["url"].startswith("https://"))

    def test_sighup_reads_the_certificate_again(self):
        old = self.server.api(keep_alive=True)
        self.addCleanup(old.close)
        self.assertEqual(old.get(self.deployments).status, 200)

        self.install("renewed")
        self.server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.served_name() == "renewed", "the renewed certificate")
        self.assertEqual(old.get(self.deployments).status, 200)

        self.key.write_text("not a key\n")
        self.server.process.send_signal(signal.SIGHUP)
        complaint = f"there is no usable PEM key in {self.key}"
        wait_until(lambda: complaint in self.server.log.read_text(), "a complaint in the log")
        self.assertEqual(self.served_name(), "renewed")
        self.assertEqual(old.get(self.deployments).status, 200)

        self.install("repaired")
        self.server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.served_name() == "repaired", "the repaired certificate")
        self.assert_alive()


class TlsSettings(unittest.TestCase):
    """Errors before the server runs, and a server without TLS."""

    def refusal(self, *arguments, environment=None):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [BINARY, "serve", "--data", folder + "/data", "--listen", "127.0.0.1:0",
                 *arguments], check=False, timeout=20, capture_output=True, text=True,
                stdin=subprocess.DEVNULL, env=clean_environment(environment))
        self.assertEqual(done.returncode, 2, done)
        self.assertNotIn("Esclusa listens", done.stdout)
        return done.stderr

    def test_a_certificate_and_a_key_belong_together(self):
        self.assertIn("the setting tls.certificate needs the setting tls.key",
                      self.refusal("--tls-certificate", "/nowhere.pem"))
        self.assertIn("the setting tls.key needs the setting tls.certificate",
                      self.refusal(environment={"ESCLUSA_TLS_KEY": "/nowhere.key"}))

    def test_a_certificate_that_cannot_be_read_keeps_the_server_from_starting(self):
        self.assertIn("cannot read the TLS certificate in /nowhere.pem: No such file or directory",
                      self.refusal("--tls-certificate", "/nowhere.pem", "--tls-key", "/nowhere"))

    def test_settings_may_come_from_the_file(self):
        with tempfile.TemporaryDirectory() as folder:
            authority = Authority(folder)
            certificate, key = authority.issue("filed")
            settings = pathlib.Path(folder) / "esclusa.toml"
            settings.write_text(f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n')
            with Server(arguments=("--config", str(settings)), tls=authority.trust) as server:
                self.assertTrue(server.url.startswith("https://"))

    def test_sighup_does_not_end_a_server_without_tls(self):
        with Server() as server:
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "SIGHUP: the settings were read again" in server.log.read_text(),
                       "the line in the log")
            self.assertEqual(server.api(None).get("/livez").status, 200)
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
