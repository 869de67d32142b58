"""The log: nothing waits for its reader. /livez and /readyz: what they say, and when."""
import contextlib
import fcntl
import json
import os
import pty
import re
import sqlite3
import subprocess
import unittest

from harness import Server, clean_environment, make_repository, wait_until

DEPLOYMENTS = "/repos/demo/shop/deployments"
BODY = {"ref": "main", "auto_merge": False, "environment": "staging"}
LONG = "x" * 7000
REQUESTS = 400  # with paths of that length they fill the memory that the log may take


class FullPipe:
    """A pipe at the path of the server's log. It is full, and nobody reads it yet."""

    def __init__(self, path):
        os.mkfifo(path)
        self.end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self.end, fcntl.F_SETPIPE_SZ, 4096)
        self.filled = os.write(self.end, b"." * 4096)
        self.text = b""

    def is_full(self):
        try:
            os.write(self.end, b".")
        except BlockingIOError:
            return True
        return False

    def read(self):
        """Takes what is there; the text so far."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self.text += os.read(self.end, 65536)
        return self.text[self.filled:].decode()


class Log(unittest.TestCase):
    """Servers whose standard error is not a file."""

    def setUp(self):
        self.server = Server()
        self.pipe = FullPipe(self.server.log)
        self.addCleanup(os.close, self.pipe.end)
        self.enterContext(self.server)

    def test_a_log_that_nobody_reads_holds_up_no_request_and_no_stop(self):
        self.server.add_repository("demo/shop", make_repository(self.server.folder), "--private")
        made = [self.server.api().post(DEPLOYMENTS, BODY).status for _ in range(20)]
        self.assertEqual(set(made), {201})
        for path in ("/livez", "/readyz"):
            self.assertEqual(self.server.api(None).get(path).status, 200, path)
        self.assertTrue(self.pipe.is_full())
        self.assertEqual(self.server.stop(), 0)
        self.assertTrue(self.pipe.is_full())

    def test_the_reader_that_comes_late_learns_how_many_lines_were_dropped(self):
        client = self.server.api(keep_alive=True)
        self.addCleanup(client.close)
        for number in range(REQUESTS):
            self.assertEqual(client.get(f"/{number}/{LONG}").status, 404)
        last = f'"path":"/{REQUESTS - 1}/'
        wait_until(lambda: last in self.pipe.read() and self.pipe.read().endswith("\n"),
                   "the last line")
        lines = [json.loads(line) for line in self.pipe.read().splitlines()]
        requests = [int(line["path"].split("/")[1]) for line in lines
                    if LONG in line.get("path", "")]
        dropped = [int(found[1]) for line in lines
                   if (found := re.fullmatch(r"(\d+) log lines were dropped", line["message"]))]
        self.assertEqual(len(dropped), 1, dropped)
        self.assertEqual(requests, sorted(requests))
        missing = REQUESTS - len(requests)
        self.assertGreater(missing, 0)
        self.assertGreaterEqual(dropped[0], missing)
        self.assertEqual(self.server.stop(), 0)
        self.assertIn('"message":"stopped"', self.pipe.read())


class Forms(unittest.TestCase):
    """What the log looks like on a terminal."""

    def log_on_a_terminal(self, **environment):
        server = self.enterContext(Server())
        server.stop()
        screen, terminal = pty.openpty()
        self.addCleanup(os.close, screen)
        process = subprocess.Popen(server.command(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=terminal,
                                   env=clean_environment(environment))
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.close(terminal)
        text = b""
        while b"started" not in text or not text.endswith(b"\n"):
            text += os.read(screen, 4096)
        process.terminate()
        self.assertEqual(process.wait(20), 0)
        return text.decode()

    def test_a_terminal_gets_readable_lines(self):
        line = (r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ {}INFO {} started "
                r"version=\S+ url=http://\S+ data=\S+\r\n")
        self.assertRegex(self.log_on_a_terminal(NO_COLOR="1"), line.format("", ""))
        self.assertRegex(self.log_on_a_terminal(NO_COLOR=""),
                         line.format("\x1b\\[32m", "\x1b\\[0m"))


class Health(unittest.TestCase):
    """/livez and /readyz."""

    def test_rows_that_cannot_be_read_make_it_unready(self):
        server = self.enterContext(Server())
        nobody = server.api(None)
        database = self.enterContext(contextlib.closing(sqlite3.connect(
            server.data / "esclusa.db", isolation_level=None, timeout=20)))
        rows = database.execute("select * from data_identity").fetchall()
        database.execute("delete from data_identity")
        wait_until(lambda: nobody.get("/readyz").status == 503, "503")
        self.assertEqual(nobody.get("/readyz").body,
                         b"the database cannot be read: a row is missing\n")
        self.assertEqual(nobody.get("/livez").status, 200)
        for row in rows:
            database.execute(f"insert into data_identity values ({', '.join('?' * len(row))})", row)
        wait_until(lambda: nobody.get("/readyz").status == 200, "200")


if __name__ == "__main__":
    unittest.main()
