"""The request headers of deliveries, which are not stored, but made again when they are shown."""
import unittest

from harness import EsclusaTest, wait_until

SECRET = "It's a Secret to Everybody"
NOT_SHOWN = ("Host", "Content-Length", "Authorization", "X-Hub-Signature", "X-Hub-Signature-256",
             "webhook-signature")


class Headers(EsclusaTest):
    def make_hook(self, url, path="/repos/demo/shop/hooks", **more):
        config = {"url": url, "content_type": "json", "secret": SECRET, **more}
        answer = self.api.post(path, {"name": "web", "config": config,
                                      "events": ["deployment", "deployment_status"]})
        self.assertEqual(answer.status, 201, answer)
        self.addCleanup(self.api.delete, answer.json["url"])
        return answer.json

    def await_deliveries(self, hook, count):
        """The list, once it has `count` items: an attempt is recorded shortly after its answer."""
        def found():
            return self.api.all_pages(f"{hook['deliveries_url']}?per_page=100")
        wait_until(lambda: len(found()) >= count, f"{count} deliveries", 60)
        return found()

    def test_the_headers_are_those_that_were_sent(self):
        receivers = [self.receiver() for _ in range(4)]
        hooks = [self.make_hook(receivers[0].url),
                 self.make_hook(receivers[1].url, content_type="form", secret=""),
                 self.make_hook(receivers[2].url.replace("://", "://ada:secret@")),
                 self.make_hook(receivers[3].url, "/orgs/demo/hooks")]
        made = self.create()
        self.report(made, "in_progress")
        newer = self.create()
        self.report(newer, "success")
        for hook, receiver in zip(hooks, receivers):
            self.await_deliveries(hook, 5)
            self.api.patch(hook["url"] + "/config", {"content_type": "form"})  # changes no attempt
            oldest = self.await_deliveries(hook, 5)[-2]
            self.api.post(f"{hook['deliveries_url']}/{oldest['id']}/attempts")
            shown = [self.api.get(f"{hook['deliveries_url']}/{one['id']}").json
                     for one in self.await_deliveries(hook, 6)]
            shown.sort(key=lambda one: (one["guid"], one["id"]))
            sent = sorted(receiver.deliveries(), key=lambda one: one["guid"])  # each in its order
            self.assertEqual([one["guid"] for one in shown], [one["guid"] for one in sent])
            for one, delivery in zip(shown, sent):
                self.assertEqual(list(one["request"]["headers"].items()), [
                    item for item in delivery["headers"].items() if item[0] not in NOT_SHOWN])
                self.assertEqual(one["response"]["payload"], "received\n")


if __name__ == "__main__":
    unittest.main()
