"""The events besides those of deployments: what causes them, and who gets them."""
import json
import unittest

from harness import EsclusaTest

SHOP = "/repos/demo/shop"


def unpack(delivery):
    """The event in a JSON delivery."""
    return json.loads(delivery["body"])


class Events(EsclusaTest):
    """Each test has its own hook, and removes it."""

    def hook(self, events, **config):
        """A receiver and a hook that subscribes to these events, once its ping has arrived."""
        receiver = self.receiver()
        answer = self.api.post(f"{SHOP}/hooks", {"events": events, "config": {
            "url": receiver.url, "content_type": "json", **config}})
        self.assertEqual(answer.status, 201, answer)
        self.addCleanup(self.api.delete, answer.json["url"])
        receiver.wait_for_event("ping")
        return receiver, answer.json

    def report(self, sha, **body):
        answer = self.api.post(f"{SHOP}/statuses/{sha}", {"state": "success", **body})
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def test_a_commit_status_is_an_event_with_its_commit_and_branches(self):
        receiver, _ = self.hook(["status"])
        sha = self.repository.sha("v1.0")
        made = self.report(sha, context="ci", description="Good", target_url="https://ci.example/1")
        event = unpack(receiver.wait_for_event("status")[0])
        for key in ("id", "state", "context", "description", "target_url", "avatar_url"):
            self.assertEqual(event[key], made[key], key)
        self.assertNotIn("action", event)
        self.assertEqual((event["sha"], event["name"]), (sha, "demo/shop"))
        self.assertEqual(event["commit"]["commit"]["message"], "Sell bread")
        commit = self.api.get(f"{SHOP}/commits/{sha}").json
        del commit["stats"], commit["files"]
        self.assertEqual(event["commit"], commit)
        self.assertEqual([one["name"] for one in event["branches"]], ["main", "feature/login"])
        self.assertEqual(event["branches"][0]["commit"]["sha"], self.repository.sha("main"))

    def test_a_check_run_is_an_event_at_its_beginning_and_its_end(self):
        receiver, _ = self.hook(["check_run"])
        run = self.api.post(f"{SHOP}/check-runs", {
            "name": "build", "head_sha": self.repository.sha("main")}).json
        self.api.patch(f"{SHOP}/check-runs/{run['id']}", {"status": "in_progress"})
        self.api.patch(f"{SHOP}/check-runs/{run['id']}", {"conclusion": "failure"})
        events = [unpack(one) for one in receiver.wait_for_event("check_run", 2)]
        # Events without an environment have no guaranteed order.
        events.sort(key=lambda one: one["action"], reverse=True)
        self.assertEqual([(one["action"], one["check_run"]["status"]) for one in events],
                         [("created", "queued"), ("completed", "completed")])
        self.assertEqual(events[1]["check_run"]["conclusion"], "failure")
        self.assertEqual(events[1]["check_run"]["id"], run["id"])

    def test_a_merge_is_a_push_and_a_test_sends_it_once_more(self):
        receiver, hook = self.hook(["push"])
        _, other = self.hook(["deployment"])
        before = self.repository.sha("old")
        # The work tree is on main, so `old` may move.
        answer = self.api.post(self.deployments, {"ref": "old", "required_contexts": []})
        self.assertEqual(answer.status, 202, answer)
        after = self.repository.sha("old")
        first = receiver.wait_for_event("push")[0]
        push = unpack(first)
        self.assertEqual((push["ref"], push["before"], push["after"]),
                         ("refs/heads/old", before, after))
        self.assertEqual([one["message"].splitlines()[0] for one in push["commits"]],
                         ["Sell bread", "Sell cheese", "Merge main into old"])
        self.assertEqual([one["distinct"] for one in push["commits"]], [False, False, True])
        self.assertEqual(push["commits"][0]["modified"], ["index.html"])
        self.assertEqual(push["head_commit"], push["commits"][-1])
        self.assertEqual(push["head_commit"]["author"]["username"], push["sender"]["login"])

        for one in (hook, other):  # the other hook did not subscribe to pushes, and gets none
            answer = self.api.post(f"{one['url']}/tests")
            self.assertEqual((answer.status, answer.body), (204, b""))
        second = receiver.wait_for_event("push", 2)[1]
        self.assertEqual(second["body"], first["body"])
        self.assertNotEqual(second["guid"], first["guid"])

    def test_the_end_of_a_hook_is_its_last_event(self):
        receiver, hook = self.hook(["meta", "status"])
        bystander, _ = self.hook(["*"])
        self.assertEqual(self.api.delete(hook["url"]).status, 204)
        event = unpack(receiver.wait_for_event("meta")[0])
        self.assertEqual((event["action"], event["hook_id"]), ("deleted", hook["id"]))
        self.assertEqual(event["hook"]["config"], hook["config"])
        self.report(self.repository.sha("main"))
        bystander.wait_for_event("status")
        self.assertEqual(bystander.deliveries("meta"), [])
        self.assertEqual(receiver.deliveries("status"), [])


if __name__ == "__main__":
    unittest.main()
