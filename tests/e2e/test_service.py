"""The server and a service manager: what it says, the watchdog, and a port that is handed over."""
import http.client
import os
import signal
import stat
import tempfile
import unittest

from harness import wait_until
from supervisor import NotifySocket, Service, listening_socket


class ServiceManagerTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="esclusa-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_says_when_it_is_ready_reloads_and_stops(self):
        with NotifySocket() as notify, Service(self.folder, notify) as service:
            notify.wait_for("READY=1")
            self.assertEqual(["READY=1"], notify.heard)
            service.signal(signal.SIGHUP)
            self.assertIn("MONOTONIC_USEC=", notify.wait_for("RELOADING=1"))
            notify.wait_for("READY=1")
            self.assertEqual([], notify.rest())  # no watchdog: nobody has asked for one
            self.assertEqual(0, service.stop())
            notify.wait_for("STOPPING=1")

    def test_the_token_of_the_first_start_goes_into_a_closed_file(self):
        with NotifySocket() as notify, Service(self.folder, notify) as service:
            notify.wait_for("READY=1")
            file = os.path.join(service.data, "admin.token")
            self.assertEqual(0o600, stat.S_IMODE(os.stat(file).st_mode))
            with open(file, encoding="ascii") as content:
                token = content.read().strip()
            self.assertTrue(token.startswith("esc_"), token[:4])
            self.assertEqual(0, service.stop())
            said = service.process.stdout.read()
            self.assertIn(f"Token: in {file}\n", said)
            self.assertNotIn(token, said)

    def test_the_watchdog_hears_of_a_server_only_while_it_answers(self):
        with NotifySocket() as notify, Service(self.folder, notify, watchdog_ms=200) as service:
            notify.wait_for("READY=1")
            notify.wait_for("WATCHDOG=1")
            notify.wait_for("WATCHDOG=1")
            os.unlink(os.path.join(service.data, "run/admin.sock"))

            def failures():
                with open(service.log, encoding="utf-8") as log:
                    return log.read().count("the server does not answer itself")
            wait_until(lambda: failures() >= 1, "a look that fails")
            notify.rest()
            wait_until(lambda: failures() >= 3, "more looks that fail")
            self.assertEqual([], notify.rest())
            self.assertEqual(0, service.stop())
            notify.wait_for("STOPPING=1")

    def test_a_port_that_is_handed_over_stays_open_from_one_server_to_the_next(self):
        listener = listening_socket()
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]
        with NotifySocket() as notify:
            with Service(self.folder, notify, listener=listener) as service:
                notify.wait_for("READY=1")
                self.assertEqual(f"Esclusa listens on http://127.0.0.1:{port}\n",
                                 service.process.stdout.readline())
                self.assertEqual(200, self.ask(port).getresponse().status)
                self.assertEqual(0, service.stop())
            waiting = [self.ask(port) for _ in range(8)]  # while there is no server
            with Service(self.folder, notify, listener=listener) as service:
                notify.wait_for("READY=1")
                self.assertEqual([200] * 8, [one.getresponse().status for one in waiting])
                # The first server left nothing on the socket by which it refuses connections.
                self.assertEqual(200, self.ask(port).getresponse().status)
                self.assertEqual(0, service.stop())

    def test_what_is_handed_over_and_does_not_listen_is_refused(self):
        with open(os.devnull, "rb") as nothing, NotifySocket() as notify:
            with Service(self.folder, notify, listener=nothing) as service:
                self.assertEqual(2, service.process.wait(30))
            self.assertNotIn("READY=1", "".join(notify.rest()))
            with open(service.log, encoding="utf-8") as log:
                self.assertIn("is not a TCP socket that listens", log.read())

    def ask(self, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", "/livez")
        return connection


if __name__ == "__main__":
    unittest.main()
