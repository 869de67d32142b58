"""Settings: the three sources, `esclusa config`, names that are mistyped, SIGHUP, and the file of
the administrator's token."""
import json
import os
import pathlib
import pty
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from harness import (BINARY, DIES_WITH_PARENT, ROOT, Server, clean_environment, make_repository,
                     wait_until)
from supervisor import NotifySocket
from test_agent import Agent
from test_agent_claims import ClaimsTest

FIRST_TOKEN = "metrics-0123456789abcdef"
SECOND_TOKEN = "metrics-fedcba9876543210"


def esclusa(*arguments, **variables):
    environment = clean_environment()
    environment.pop("ESCLUSA_CACHE", None)  # a setting that a whole run of tests may have
    return subprocess.run([BINARY, *map(str, arguments)], check=False, timeout=60,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          env={**environment, **variables})


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="esclusa-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "esclusa.toml"

    def write(self, text, name="esclusa.toml"):
        (self.folder / name).write_text(text)
        return self.folder / name

    def metrics(self, server, token):
        """The status of /metrics."""
        return server.api(token).get("/metrics", headers={"Accept": "*/*"}).status

    def log_lines(self, server, message):
        """The lines of the server's log with that message."""
        lines = [json.loads(line) for line in server.log.read_text().splitlines()]
        return [line for line in lines if line["message"] == message]


class Config(Folder):
    """`esclusa config`, which starts nothing."""

    def test_the_example_passes_and_documents_every_setting(self):
        self.write(esclusa("config", "example").stdout)
        checked = esclusa("config", "check", self.file)
        self.assertEqual(checked.returncode, 0, checked)
        self.assertIn("differ from the default: 0", checked.stdout)
        table = esclusa("config", "example", "--markdown").stdout
        self.assertIn(table, (ROOT / "docs/settings.md").read_text(encoding="utf-8"))
        shown = esclusa("serve", "--help").stdout
        for row in table.splitlines()[2:]:
            key, flag, variable = (cell.strip(" `") for cell in row.split("|")[1:4])
            for name in (key, variable, *([] if flag == "–" else [flag])):
                self.assertIn(name, shown)

    def test_print_tells_where_each_value_comes_from(self):
        self.write('# a comment\nlisten = "127.0.0.1:1"\nlog_level = "debug"\n'
                   '[rate_limit]\nenabled = true\nconcurrent = 7\n'
                   '[webhooks]\nallow = ["10.0.0.0/8", "127.0.0.0/8"]\nretry_scale = 0.0000001\n')
        done = esclusa("config", "print", self.file, "--json", "--listen", "127.0.0.1:3",
                       ESCLUSA_LISTEN="127.0.0.1:2", ESCLUSA_LOG_LEVEL="error",
                       ESCLUSA_METRICS_TOKEN=FIRST_TOKEN)
        self.assertEqual(done.returncode, 0, done)
        self.assertNotIn(FIRST_TOKEN, done.stdout + done.stderr)
        values = {one["name"]: one for one in json.loads(done.stdout)}

        def of(name):
            return tuple(values[name][key] for key in ("value", "origin", "place"))
        self.assertEqual(of("listen"), ("127.0.0.1:3", "flag", "--listen"))
        self.assertEqual(of("log_level"), ("error", "environment", "ESCLUSA_LOG_LEVEL"))
        self.assertEqual(of("rate_limit.enabled"), ("true", "file", f"{self.file}:5"))
        self.assertEqual(of("rate_limit.concurrent"), ("7", "file", f"{self.file}:6"))
        self.assertEqual(of("webhooks.allow"),
                         ("10.0.0.0/8,127.0.0.0/8", "file", f"{self.file}:8"))
        self.assertEqual(float(values["webhooks.retry_scale"]["value"]), 1e-7)
        self.assertEqual(of("rate_limit.account_per_hour"), ("5000", "default", "default"))
        self.assertEqual(of("metrics.token"), (None, "environment", "ESCLUSA_METRICS_TOKEN"))
        self.assertTrue(values["metrics.token"]["is_secret"])
        table = esclusa("config", "print", self.file, ESCLUSA_METRICS_TOKEN=FIRST_TOKEN)
        self.assertRegex(table.stdout, r"metrics\.token +\*+ +ESCLUSA_METRICS_TOKEN")
        self.assertNotIn(FIRST_TOKEN, table.stdout)

    def test_check_names_the_line_the_key_and_the_nearest_name(self):
        self.write('listen = "nowhere"\nlog_levle = "info"\n[webhooks]\nallow = "10.0.0.0/99"\n'
                   '[retention]\nattempts = "1m"\n')
        done = esclusa("config", "check", self.file, ESCLUSA_LOGLEVEL="debug",
                       ESCLUSA_CACHE="perhaps")
        self.assertEqual(done.returncode, 2, done)
        for part in (f'{self.file}:1: the setting listen is "nowhere", but should be HOST:PORT',
                     f'{self.file}:2: there is no setting "log_levle"; did you mean "log_level"?',
                     f'{self.file}:4: the setting webhooks.allow is "10.0.0.0/99"',
                     f'{self.file}:6: the setting retention.attempts is "1m"',
                     'ESCLUSA_CACHE: the setting cache is "perhaps", but should be true or false',
                     'ESCLUSA_LOGLEVEL is no setting; did you mean "ESCLUSA_LOG_LEVEL"?'):
            self.assertIn(part, done.stderr)
        self.write("listen = \n")
        done = esclusa("config", "check", self.file)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn(f"{self.file}:1: cannot read the settings", done.stderr)

    def test_a_mistake_ends_the_start_of_server_and_agent_with_2(self):
        """The units do not try again then."""
        for command, text in ((("serve",), 'log_levle = "info"\n'), (("agent",), "server = 1\n")):
            done = esclusa(*command, "--config", self.write(text))
            self.assertEqual(done.returncode, 2, done)

    def test_check_looks_at_what_is_named(self):
        token = self.write("too-short\n", "token")
        self.write('listen = "127.0.0.1:9"\nsecret_key_file = "/nowhere/key"\n'
                   f'data = "{token}"\n'
                   '[tls]\ncertificate = "/nowhere.pem"\nkey = "/nowhere.key"\n'
                   f'[metrics]\nlisten = "127.0.0.1:9"\ntoken_file = "{token}"\n'
                   '[ssh]\nuser = "nobody-of-that-name"\nsocket = "/nowhere/keys.sock"\n')
        done = esclusa("config", "check", self.file)
        self.assertEqual(done.returncode, 2, done)
        for line, part in ((2, "secret_key_file: cannot read /nowhere/key: No such file"),
                           (3, f"data: {token} is no folder"),
                           (5, "tls.certificate: cannot read the TLS certificate in /nowhere.pem"),
                           (8, "metrics.listen: it is the address of the setting listen"),
                           (9, f"metrics.token_file: the file of metrics.token_file, {token}"),
                           (11, "ssh.user: there is no system user nobody-of-that-name"),
                           (12, "ssh.socket: there is no folder /nowhere")):
            self.assertIn(f"{self.file}:{line}: {part}", done.stderr)

    def test_a_secret_and_its_file_exclude_each_other_in_one_source_alone(self):
        self.write(f'[metrics]\ntoken = "{FIRST_TOKEN}"\ntoken_file = "/nowhere"\n')
        done = esclusa("config", "check", self.file)
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("the settings metrics.token and metrics.token_file exclude each other",
                      done.stderr)
        self.write('[metrics]\ntoken_file = "/nowhere"\n')
        done = esclusa("config", "check", self.file, ESCLUSA_METRICS_TOKEN=FIRST_TOKEN)
        self.assertEqual(done.returncode, 0, done)
        done = esclusa("config", "check", self.file, ESCLUSA_METRICS_TOKEN="short")
        self.assertEqual(done.returncode, 2, done)
        self.assertNotIn("short", done.stderr)

    def test_unknown_flags_and_commands_name_the_nearest(self):
        for arguments, said in (
                (("serve", "--lisen", "x"), 'serve has no flag --lisen; did you mean "--listen"?'),
                (("serve", "--tls_key=x"), 'no flag --tls_key; did you mean "--tls-key"?'),
                (("config", "checks"), 'config has no command checks; did you mean "check"?'),
                (("serv",), 'esclusa has no command serv; did you mean "serve"?')):
            done = esclusa(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)


class Sources(Folder):
    """A real server, and real commands."""

    def limits_of(self, server):
        """The limits of an account and of an address."""
        return [api.get("/rate_limit").json["resources"]["core"]["limit"]
                for api in (server.api(), server.api(None))]

    def test_flags_win_over_the_environment_and_that_over_the_file(self):
        self.write("[rate_limit]\nenabled = true\naccount_per_hour = 101\n"
                   "anonymous_per_hour = 102\n")
        with Server(arguments=["--config", self.file, "--rate-limit-account-per-hour", "301"],
                    environment={"ESCLUSA_RATE_LIMIT_ACCOUNT_PER_HOUR": "201",
                                 "ESCLUSA_RATE_LIMIT_ANONYMOUS_PER_HOUR": "202",
                                 "ESCLUSA_RATELIMIT_CONCURRENT": "1"}) as server:
            self.assertEqual(self.limits_of(server), [301, 202])
            self.assertTrue(self.log_lines(
                server, "the environment variable ESCLUSA_RATELIMIT_CONCURRENT is no setting; did "
                        'you mean "ESCLUSA_RATE_LIMIT_CONCURRENT"?'))

    def test_secrets_may_be_in_files_that_variables_name(self):
        metrics = self.write(FIRST_TOKEN + "\n", "metrics.token")
        with Server(environment={"ESCLUSA_METRICS_TOKEN_FILE": str(metrics)}) as server:
            self.assertEqual(self.metrics(server, FIRST_TOKEN), 200)
            server.add_repository("demo/shop", make_repository(server.folder))
            token = self.write(server.token + "\n", "admin.token")

            def history(**variables):
                return esclusa("history", "demo/shop", ESCLUSA_URL=server.url, **variables)
            self.assertEqual(history(ESCLUSA_TOKEN_FILE=str(token)).returncode, 0)
            self.assertEqual(history(ESCLUSA_TOKEN=server.token).returncode, 0)
            both = history(ESCLUSA_TOKEN=server.token, ESCLUSA_TOKEN_FILE=str(token))
            self.assertEqual(both.returncode, 1)
            self.assertIn("both set", both.stderr)
            missing = history(ESCLUSA_TOKEN_FILE="/nowhere")
            self.assertIn("cannot read the token in /nowhere", missing.stderr)

    def test_without_a_server_commands_say_what_to_do(self):
        absent = esclusa("repo", "list", "--socket", self.folder / "no.sock")
        self.assertIn("there is no such socket", absent.stderr)
        with Server() as server:
            server.kill()
            left = esclusa("repo", "list", "--socket", server.socket)
            self.assertIn("nobody listens there", left.stderr)
            if os.geteuid() == 0:
                closed = subprocess.run(
                    ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", BINARY, "repo",
                     "list", "--socket", str(server.socket)], check=False, timeout=60,
                    capture_output=True, text=True, env=clean_environment())
                self.assertIn("permission denied. Run this as root", closed.stderr)


class FirstToken(Folder):
    def start(self, stdout):
        self.log = open(self.folder / "log", "wb")  # pylint: disable=consider-using-with
        self.addCleanup(self.log.close)
        process = subprocess.Popen(
            [*DIES_WITH_PARENT, BINARY, "serve", "--data", str(self.folder / "data"), "--listen",
             "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=stdout, stderr=self.log,
            env=clean_environment())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_without_a_terminal_it_is_in_a_closed_file_and_nowhere_else(self):
        process = self.start(subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        file = self.folder / "data/admin.token"
        while (line := process.stdout.readline().decode()) and not line.startswith("Token"):
            pass
        self.assertEqual(line, f"Token: in {file}\n")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        token = file.read_text(encoding="ascii").strip()
        self.assertRegex(token, "^esc_")
        process.terminate()
        self.assertEqual(process.wait(30), 0)
        self.assertNotIn(token.encode(), process.stdout.read())
        self.assertNotIn(token, (self.folder / "log").read_text())

    def test_with_a_terminal_it_is_shown_and_in_no_file(self):
        terminal, other_end = pty.openpty()
        self.addCleanup(os.close, terminal)
        process = self.start(other_end)
        os.close(other_end)
        said = b""
        while b"Token (shown once): esc_" not in said or not said.endswith(b"\n"):
            said += os.read(terminal, 1000)
        process.terminate()
        self.assertEqual(process.wait(30), 0)
        self.assertFalse((self.folder / "data/admin.token").exists())


class Reload(Folder):
    """SIGHUP to the server."""

    hooks = 0

    def configure(self, rate=100, allow="127.0.0.0/8", listen="127.0.0.1:0", attempts="7d",
                  more=""):
        self.write(f'log_level = "info"\nlisten = "{listen}"\n{more}\n'
                   f"[rate_limit]\nenabled = true\naccount_per_hour = {rate}\n"
                   f'[webhooks]\nallow = "{allow}"\n[retention]\nattempts = "{attempts}"\n'
                   f'[metrics]\ntoken_file = "{self.folder}/metrics.token"\n')

    def reload(self, server):
        """Sends SIGHUP, and waits until it was done; gives what was taken."""
        message = "SIGHUP: the settings were read again"
        count = len(self.log_lines(server, message))
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(self.log_lines(server, message)) > count, "the reload")
        return self.log_lines(server, message)[-1]["changed"]

    def make_hook(self, server):
        """Whether a webhook may be on this machine."""
        self.hooks += 1
        made = server.api().post("/repos/demo/shop/hooks", {
            "events": ["deployment"], "config": {"url": f"http://127.0.0.1:9/{self.hooks}"}})
        return made.status

    def is_silent(self, server):
        """Whether the log says nothing of two requests."""
        before = len(server.log.read_text())
        for _ in range(2):
            self.assertEqual(server.api().get("/user").status, 200)
            time.sleep(0.1)
        return len(server.log.read_text()) == before

    def test_takes_what_it_can_and_names_the_rest(self):
        self.write(FIRST_TOKEN, "metrics.token")
        self.configure()
        # The flags of the harness would win over the file.
        with Server(allow=None, arguments=["--config", self.file]) as server:
            server.add_repository("demo/shop", make_repository(server.folder), "--writable")
            self.assertEqual(self.make_hook(server), 201)
            self.assertEqual(self.reload(server), "none")

            self.write(SECOND_TOKEN, "metrics.token")
            self.configure(rate=77, allow="10.0.0.0/8", attempts="3d", more='cache = false')
            self.assertEqual(self.reload(server), "webhooks.allow, rate_limit.account_per_hour, "
                                                  "retention.attempts")
            left = "SIGHUP: the new value of a setting counts from the next start on"
            self.assertEqual([line["setting"] for line in self.log_lines(server, left)], ["cache"])
            limit = server.api().get("/rate_limit").json["resources"]["core"]["limit"]
            self.assertEqual(limit, 77)
            self.assertEqual(self.metrics(server, FIRST_TOKEN), 401)
            self.assertEqual(self.metrics(server, SECOND_TOKEN), 200)
            self.assertEqual(self.make_hook(server), 422)
            self.assertRegex(server.cli("prune", "--dry-run").stdout, r"attempts\s+3d")

            # A mistake changes nothing, and what is named in the log is the mistake.
            self.configure(rate="-1", allow="127.0.0.0/8")
            server.process.send_signal(signal.SIGHUP)
            mistake = "SIGHUP: a mistake in the settings; all of them stay as they were"
            wait_until(lambda: self.log_lines(server, mistake), "the refusal")
            line, = self.log_lines(server, mistake)
            self.assertEqual(line["place"], f"{self.file}:6")
            self.assertIn("rate_limit.account_per_hour", line["error"])
            self.assertEqual(self.make_hook(server), 422)

            # A file that cannot be read keeps the old token, and all else is taken.
            (self.folder / "metrics.token").unlink()
            self.configure(rate=55)
            self.assertIn("webhooks.allow", self.reload(server))
            self.assertTrue(self.log_lines(server, "the old token of /metrics stays"))
            self.assertEqual(self.metrics(server, SECOND_TOKEN), 200)
            self.assertEqual(self.make_hook(server), 201)

            # Nothing is waited for: a FIFO, a folder, and keys that would overflow the parser.
            os.mkfifo(self.folder / "metrics.token")
            self.assertEqual(self.reload(server), "none")
            right = self.file.read_text()
            count = len(self.log_lines(server, mistake))
            for made in (lambda: self.file.write_text("a." * 20_000 + "b = 1\n"), self.file.mkdir,
                         lambda: os.mkfifo(self.file)):
                self.file.rmdir() if self.file.is_dir() else self.file.unlink()
                made()
                count += 1
                server.process.send_signal(signal.SIGHUP)
                wait_until(lambda: len(self.log_lines(server, mistake)) == count, "the refusal")
            self.file.unlink()

            self.file.write_text(right.replace('"info"', '"error"'))
            server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: self.is_silent(server), "a log without lines of requests")
            self.assertEqual(server.stop(), 0)


class AgentReload(ClaimsTest):
    """SIGHUP to an agent."""

    def write_entries(self, agent, *entries):
        file = agent.folder / "agent.toml"
        head = file.read_text().split("[[deploy]]")[0]
        lines = [head.rstrip()]
        for environment, script in entries:
            lines += ["[[deploy]]", 'repository = "demo/shop"', 'task = "*"',
                      f"git = {json.dumps(str(self.repository.path))}",
                      f"environment = {json.dumps(environment)}",
                      f"command = {json.dumps(['sh', '-c', script])}"]
        file.write_text("\n".join(lines) + "\n")

    def reload(self, agent, message="SIGHUP: the file was read again"):
        def count():
            return agent.log.read_text().count(message)
        before = count()
        os.killpg(agent.process.pid, signal.SIGHUP)
        wait_until(lambda: count() > before, f"{message}\n{agent.log.read_text()}")

    def test_entries_and_token_count_at_once_and_no_run_is_lost(self):
        one, two = f"{self.environment()}-1", f"{self.environment()}-2"
        server = self.server
        token = server.cli("agent", "token", "demo/shop", "--environment", one, "--environment",
                           two, "--name", "first").stdout.strip()
        go, first, second = (server.folder / f"{one}.{name}" for name in ("go", "first", "second"))
        waiting = f'echo x >>"{first}"; while [ ! -e "{go}" ]; do sleep 0.05; done'
        agent = Agent(server.folder / f"{one}.agent", server.url, token,
                      {"repository": "demo/shop", "git": str(self.repository.path), "task": "*",
                       "environment": one, "command": ["sh", "-c", waiting]}, pull=True)
        with NotifySocket() as notify:
            agent.environment = {"NOTIFY_SOCKET": notify.name}
            agent.start()
            self.addCleanup(lambda: agent.end(signal.SIGKILL))
            notify.wait_for("READY=1")
            running = self.create(environment=one)
            wait_until(first.exists, f"the run\n{agent.log.read_text()}")

            # While the first command runs: its entry is removed, another one is added, and the
            # token is replaced.
            other = server.cli("agent", "token", "demo/shop", "--environment", one,
                               "--environment", two, "--name", "second").stdout.strip()
            (agent.folder / "agent.token").write_text(other + "\n")
            self.write_entries(agent, (two, f'echo added >>"{second}"'))
            self.reload(agent)
            notify.wait_for("RELOADING=1")
            notify.wait_for("READY=1")
            added = self.create(environment=two)
            self.assertEqual(self.end_of(added)["state"], "success", agent.log.read_text())
            self.assertEqual(second.read_text(), "added\n")
            go.touch()
            self.assertEqual(self.end_of(running)["state"], "success", agent.log.read_text())
            self.assertEqual(first.read_text(), "x\n")

            # The entry that was removed is for nothing any more, and a changed one runs as changed.
            self.write_entries(agent, (two, f'echo changed >>"{second}"'))
            self.reload(agent)
            ignored = self.create(environment=one)
            self.assertEqual(self.end_of(self.create(environment=two))["state"], "success")
            self.assertEqual(second.read_text(), "added\nchanged\n")
            self.assertEqual(self.states(ignored), [])

            # A mistake changes nothing, and the log names it.
            file = agent.folder / "agent.toml"
            right = file.read_text()
            file.write_text(right + 'comand = ["true"]\n')
            self.reload(agent, "SIGHUP: a mistake in the file; all entries stay as they were")
            self.assertIn("unknown key `comand`", agent.log.read_text())
            file.write_text(right.replace(server.url, "http://127.0.0.1:9"))
            self.reload(agent, "SIGHUP: another `mode` or `server` needs a restart")
            self.assertEqual(self.end_of(self.create(environment=two))["state"], "success")
            self.assertEqual(second.read_text(), "added\nchanged\nchanged\n")
            file.write_text('claim_time = "5m"\n' + right)
            self.reload(agent, "counts from the next start on")
            self.assertEqual(agent.end(), 0)

    def test_the_token_may_come_from_a_file_that_a_variable_names(self):
        agent = Agent(self.server.folder / f"{self.environment()}.agent", self.server.url,
                      "esc_of_nobody", {"repository": "demo/shop", "task": "*",
                                        "git": str(self.repository.path),
                                        "environment": self.environment(),
                                        "command": ["true"]}, pull=True)
        file = agent.folder / "other.token"
        file.write_text(self.token("by-variable") + "\n")
        agent.environment = {"ESCLUSA_AGENT_TOKEN_FILE": str(file)}
        agent.start()
        self.addCleanup(lambda: agent.end(signal.SIGKILL))
        self.assertEqual(self.end_of(self.create())["state"], "success", agent.log.read_text())


if __name__ == "__main__":
    unittest.main()
