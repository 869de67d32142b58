"""The audit of webhook receivers counts every violation."""
import hashlib
import hmac
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import received  # noqa: E402

SECRET = "secret"


def line(number, *, environment="staging", guid=None, key=None, answer=200, secret=SECRET, more=""):
    """A receiver's record of the event of a deployment."""
    body = json.dumps({"deployment": {"id": number, "description": key or f"key-{number}",
                                      "environment": environment}, "more": more})
    signature = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    return {"at": 0.0, "guid": guid or f"guid-{number}", "event": "deployment", "body": body,
            "headers": {"X-Hub-Signature-256": f"sha256={signature}"}, "answer": answer}


def audit(*lines, count=3):
    """The violations, if the events of `count` deployments are expected."""
    expected = {("deployment", number): f"key-{number}" for number in range(count)}
    places = {record: place for place, record in enumerate(expected)}
    deliveries = [received.delivery_of(one, SECRET) for one in lines]
    return {what: found for what, found, must_be_zero
            in received.audit_hook(deliveries, expected, places) if must_be_zero and found}


class ReceivedTest(unittest.TestCase):

    def test_each_event_once_or_again_with_the_same_bytes(self):
        self.assertEqual(audit(line(0), line(1), line(2)), {})
        self.assertEqual(audit(line(0, answer=500), line(0), line(1, answer=None), line(1), line(1),
                               line(2)), {})

    def test_an_event_that_was_never_taken_is_lost(self):
        self.assertEqual(audit(line(0), line(1)), {"events lost": 1})
        self.assertEqual(audit(line(0), line(1), line(2, answer=500)), {"events lost": 1})

    def test_what_was_not_committed_is_a_ghost(self):
        self.assertEqual(audit(line(0), line(1), line(2), line(7)),
                         {"ghosts: events of nothing": 1})
        # The record that was rolled back had the id that another record got later.
        self.assertEqual(audit(line(0), line(1), line(2, key="rolled back", guid="other"), line(2)),
                         {"ghosts: events of nothing": 1, "events with two GUIDs": 1})

    def test_two_bodies_or_two_guids(self):
        self.assertEqual(audit(line(0), line(0, more="x"), line(1), line(2)),
                         {"GUIDs with two bodies": 1})
        self.assertEqual(audit(line(0), line(0, guid="other"), line(1), line(2)),
                         {"events with two GUIDs": 1})

    def test_a_signature_by_another_secret(self):
        self.assertEqual(audit(line(0, secret="other"), line(1), line(2)), {"bad signatures": 1})

    def test_the_order_within_an_environment_and_through_retries(self):
        self.assertEqual(audit(line(1), line(0), line(2)), {"out of order": 1})
        self.assertEqual(audit(line(0, answer=500), line(1), line(0), line(2)), {"out of order": 1})
        self.assertEqual(audit(line(1), line(0, environment="production"), line(2)), {})


if __name__ == "__main__":
    unittest.main()
