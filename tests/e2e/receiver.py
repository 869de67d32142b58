#!/usr/bin/env python3
"""A webhook receiver that records every delivery.

Each delivery becomes one line of JSON in the receiver's own file, synced before the answer is
sent, so that a delivery that the server counts as received was recorded:
    {"at": seconds, "guid": …, "event": …, "headers": {…}, "sha256": …, "body": text, "answer": 200}

In a test: `with Receiver(file) as receiver: …`. As a separate process, which outlives the server:
`receiver.py --file FILE` prints `Receiver listens on http://…` and runs until it is ended. It may
misbehave: `--fail 0.1 --drop 0.05 --pause 0.02` answers a tenth with 500, gives a twentieth no
answer (`"answer": null`), and waits up to that many seconds before each answer. All deliveries are
recorded.
"""
import argparse
import dataclasses
import hashlib
import http.server
import json
import os
import random
import sys
import threading
import time


@dataclasses.dataclass
class Mood:
    """How a receiver misbehaves: shares of its answers, and the longest pause before each in
    seconds."""
    fail: float = 0.0
    drop: float = 0.0
    pause: float = 0.0

    def answer(self):
        """The status for one delivery; None to close the connection instead."""
        chance = random.random()
        return None if chance < self.drop else 500 if chance < self.drop + self.fail else 200


class Receiver:
    """A threaded HTTP server for webhooks. `fail_next` sets the answers to the next deliveries."""

    def __init__(self, file, mood=Mood()):
        self.mood = mood
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._changed = threading.Condition()
        self._deliveries = []
        self._failures = []
        self._server = _HttpServer(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self._thread = threading.Thread(target=self._server.serve_forever,
                                        kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        os.close(self._file)

    def fail_next(self, count=1, status=500):
        """Answers the next `count` deliveries with `status`, and records them as usual."""
        with self._changed:
            self._failures += [status] * count

    def deliveries(self, event=None):
        """The recorded deliveries in order, of one event or of all."""
        with self._changed:
            return [one for one in self._deliveries if event in (None, one["event"])]

    def wait_for(self, wanted, timeout=15.0):
        """Waits until `wanted(deliveries)` is true, and returns the deliveries; raises after the
        timeout."""
        end = time.monotonic() + timeout
        with self._changed:
            while not wanted(self._deliveries):
                if not self._changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                    seen = [(one["event"], one["guid"]) for one in self._deliveries]
                    raise AssertionError(f"not received in {timeout} s; received: {seen}")
            return list(self._deliveries)

    def wait_for_event(self, event, count=1, timeout=15.0):
        """Waits for `count` deliveries of an event, and returns all deliveries of that event."""
        def enough(deliveries):
            return sum(one["event"] == event for one in deliveries) >= count
        return [one for one in self.wait_for(enough, timeout) if one["event"] == event]

    def record(self, headers, body):
        """Records one delivery and returns the status of the answer."""
        with self._changed:
            answer = self._failures.pop(0) if self._failures else self.mood.answer()
            delivery = {
                "at": time.time(),
                "guid": headers.get("X-GitHub-Delivery"),
                "event": headers.get("X-GitHub-Event"),
                "headers": dict(headers.items()),
                "sha256": hashlib.sha256(body).hexdigest(),
                "body": body.decode("utf-8", "backslashreplace"),
                "answer": answer,
            }
            os.write(self._file, json.dumps(delivery).encode() + b"\n")
            os.fsync(self._file)
            self._deliveries.append(delivery)
            self._changed.notify_all()
            return answer


class _HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """Ignores a sender that closed the connection before the answer: it was killed, or waited
        no longer, and its delivery was recorded."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_POST(self):
        body = self._read_body()
        if body is None:  # incomplete: the server died while it was sending; not a delivery
            self.close_connection = True
            return
        receiver = self.server.receiver
        answer = receiver.record(self.headers, body)
        if receiver.mood.pause:
            time.sleep(random.uniform(0, receiver.mood.pause))
        if answer is None:
            self.close_connection = True
            return
        text = b"received\n"
        self.send_response(answer)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _read_body(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        return body if len(body) == length else None

    def log_message(self, *_):
        """Logs nothing: the file is the log."""


def read_file(path):
    """The deliveries in a receiver's file, without an incomplete last line."""
    with open(path, "rb") as file:
        return [json.loads(line) for line in file if line.endswith(b"\n")]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", required=True)
    for field in dataclasses.fields(Mood):
        parser.add_argument(f"--{field.name}", type=float, default=field.default)
    options = vars(parser.parse_args())
    with Receiver(options.pop("file"), Mood(**options)) as receiver:
        print(f"Receiver listens on {receiver.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    sys.exit(main())
