"""Webhooks: their administration, and the deliveries to a receiver."""
import base64
import hashlib
import hmac
import json
import time
import unittest
import urllib.parse

from harness import EsclusaTest, Server, make_repository, wait_until

HOOKS = "/repos/demo/shop/hooks"
SECRET = "It's a Secret to Everybody"
MASK = "********"


def signature(name, body):
    """The value of X-Hub-Signature(-256) for a body."""
    return f"{name}={hmac.new(SECRET.encode(), body.encode(), name).hexdigest()}"


def unpack(delivery):
    """The event in a JSON delivery."""
    return json.loads(delivery["body"])


class HookTest(EsclusaTest):
    """Every test removes its webhooks."""

    def tearDown(self):
        for hook in self.api.get(HOOKS).json or []:
            self.api.delete(f"{HOOKS}/{hook['id']}")

    def make_hook(self, url, **more):
        """Creates a hook for both events with the secret, and returns it."""
        config = {"url": url, "content_type": "json", "secret": SECRET, **more.pop("config", {})}
        answer = self.api.post(HOOKS, {"name": "web", "config": config, **{
            "events": ["deployment", "deployment_status"], **more}})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.headers["Location"], answer.json["url"])
        return answer.json


class Administration(HookTest):
    """/repos/{owner}/{repo}/hooks"""

    def test_the_answer_is_a_hook_whose_secret_is_masked(self):
        receiver = self.receiver()
        hook = self.make_hook(receiver.url)
        self.assertEqual((hook["type"], hook["name"], hook["active"]), ("Repository", "web", True))
        self.assertEqual(sorted(hook["events"]), ["deployment", "deployment_status"])
        self.assertEqual(hook["config"], {"content_type": "json", "insecure_ssl": "0",
                                          "secret": MASK, "url": receiver.url})
        for key in ("test_url", "ping_url", "deliveries_url"):
            self.assertTrue(hook[key].startswith(hook["url"] + "/"), key)
        receiver.wait_for_event("ping")
        again = self.api.get(hook["url"]).json
        self.assertEqual(again["config"], hook["config"])
        self.assertEqual([one["id"] for one in self.api.get(HOOKS).json], [hook["id"]])

    def test_defaults(self):
        receiver = self.receiver()
        answer = self.api.post(HOOKS, {"config": {"url": receiver.url}})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.json["config"], {"content_type": "form", "insecure_ssl": "0",
                                                 "url": receiver.url})
        self.assertEqual((answer.json["events"], answer.json["active"]), (["push"], True))

    def test_update(self):
        hook = self.make_hook(self.receiver().url)
        changed = self.api.patch(hook["url"], {"events": ["deployment"], "active": False})
        self.assertEqual(changed.status, 200, changed)
        self.assertEqual((changed.json["events"], changed.json["active"]), (["deployment"], False))
        changed = self.api.patch(hook["url"], {"add_events": ["deployment_status"]})
        self.assertEqual(sorted(changed.json["events"]), ["deployment", "deployment_status"])
        changed = self.api.patch(hook["url"], {"remove_events": ["deployment"]})
        self.assertEqual(changed.json["events"], ["deployment_status"])

    def test_a_new_config_drops_the_secret(self):
        receiver = self.receiver()
        hook = self.make_hook(receiver.url)
        changed = self.api.patch(hook["url"], {"config": {"url": receiver.url + "/x"}})
        self.assertEqual(changed.json["config"], {"content_type": "form", "insecure_ssl": "0",
                                                  "url": receiver.url + "/x"})

    def test_delete(self):
        hook = self.make_hook(self.receiver().url)
        answer = self.api.delete(hook["url"])
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assert_error(self.api.get(hook["url"]), 404, "Not Found")
        self.assert_error(self.api.delete(hook["url"]), 404, "Not Found")
        self.assertEqual(self.api.get(HOOKS).json, [])

    def test_what_is_refused(self):
        url = self.receiver().url
        for body in ({}, {"config": {}}, {"config": {"url": 5}}, {"config": {"url": "nonsense"}},
                     {"config": {"url": "file:///etc/passwd"}}, {"config": "x"},
                     {"config": {"url": url + "/{a}"}}, {"config": {"url": url + "/é"}},
                     {"name": "email", "config": {"url": url}},
                     {"config": {"url": url, "content_type": "xml"}},
                     {"config": {"url": url}, "events": "deployment"},
                     {"config": {"url": url}, "active": "yes"},
                     {"config": {"url": url, "secret": "x" * 256}}):
            with self.subTest(body=body):
                self.assert_error(self.api.post(HOOKS, body), 422)
        self.assert_error(self.api.get(HOOKS + "/999999999"), 404, "Not Found")

    def test_the_same_hook_twice(self):
        url = self.receiver().url
        self.make_hook(url)
        answer = self.api.post(HOOKS, {"events": ["deployment"], "config": {
            "url": url, "content_type": "json", "secret": SECRET}})
        self.assert_error(answer, 422, "Validation Failed")
        self.assertEqual(answer.json["errors"][0]["message"],
                         "Hook already exists on this repository")


class Configuration(HookTest):
    """/hooks/{id}/config"""

    def test_credentials_in_the_url_are_sent_as_basic_and_shown_nowhere(self):
        receiver = self.receiver()
        address = receiver.url.replace("http://", "http://deploy:kn%40ck@")
        hook = self.make_hook(address, events=["deployment"])
        shown = receiver.url.replace("http://", f"http://{MASK}@")
        self.assertEqual(hook["config"]["url"], shown)
        ping = receiver.wait_for_event("ping")[0]
        self.assertEqual(ping["headers"]["Authorization"],
                         "Basic " + base64.b64encode(b"deploy:kn@ck").decode())
        self.assertEqual(unpack(ping)["hook"]["config"]["url"], shown)
        wait_until(lambda: self.api.get(hook["deliveries_url"]).json, "the record of the delivery")
        delivery = self.api.get(hook["deliveries_url"]).json[0]
        told = self.api.get(f"{hook['deliveries_url']}/{delivery['id']}").body.decode()
        for text in (told, self.api.get(HOOKS).body.decode()):
            self.assertNotIn("deploy:", text)
            self.assertNotIn("uthorization", text)
        # A client that writes back what it has read changes nothing, and must not redirect
        # deliveries.
        config = hook["url"] + "/config"
        self.assertEqual(self.api.patch(config, {"url": shown}).json["url"], shown)
        self.api.post(hook["ping_url"])
        self.assertIn("Authorization", receiver.wait_for_event("ping", 2)[1]["headers"])
        elsewhere = self.api.patch(config, {"url": shown + "/elsewhere"})
        self.assertEqual(elsewhere.json["reason_code"], "masked_credentials", elsewhere)
        self.assertEqual(self.api.patch(config, {"url": receiver.url}).json["url"], receiver.url)
        self.api.post(hook["ping_url"])
        self.assertNotIn("Authorization", receiver.wait_for_event("ping", 3)[2]["headers"])

    def test_single_keys_are_merged(self):
        receiver = self.receiver()
        config = self.make_hook(receiver.url)["url"] + "/config"
        expected = {"content_type": "json", "insecure_ssl": "0", "secret": MASK,
                    "url": receiver.url}
        answer = self.api.get(config)
        self.assertEqual((answer.status, answer.json), (200, expected))
        for change, shown in (({"content_type": "form"}, {"content_type": "form"}),
                              ({"insecure_ssl": 1}, {"insecure_ssl": "1"}),
                              ({"insecure_ssl": "0"}, {"insecure_ssl": "0"}), ({}, {})):
            expected.update(shown)
            answer = self.api.patch(config, change)
            self.assertEqual((answer.status, answer.json), (200, expected))
            self.assertEqual(self.api.get(config).json, expected)

    def test_a_new_url_drops_the_secret_unless_it_is_sent_again(self):
        receiver = self.receiver()
        config = self.make_hook(receiver.url)["url"] + "/config"
        answer = self.api.patch(config, {"url": receiver.url + "/x", "secret": SECRET})
        self.assertEqual(answer.json.get("secret"), MASK)
        answer = self.api.patch(config, {"url": receiver.url + "/y"})
        self.assertEqual(answer.json, {"content_type": "json", "insecure_ssl": "0",
                                       "url": receiver.url + "/y"})

    def test_what_is_refused(self):
        config = self.make_hook(self.receiver().url)["url"] + "/config"
        for body in ({"url": "file:///etc/passwd"}, {"url": ""}, {"content_type": "xml"},
                     {"insecure_ssl": "2"}, {"secret": "x" * 256}):
            with self.subTest(body=body):
                self.assert_error(self.api.patch(config, body), 422)
        answer = self.api.patch(config, {"content-type": "json"})
        self.assert_error(answer, 422, "Validation Failed")
        self.assertEqual(answer.json["errors"][0]["message"],
                         "Invalid config attribute: content-type")
        self.assert_error(self.api.get(HOOKS + "/999999999/config"), 404, "Not Found")

    def test_a_test_without_a_push_sends_nothing(self):
        receiver = self.receiver()
        hook = self.make_hook(receiver.url, events=["push"])
        receiver.wait_for_event("ping")
        for name in ("/tests", "/test"):
            answer = self.api.post(hook["url"] + name)
            self.assertEqual((answer.status, answer.body), (204, b""))
        self.api.post(hook["url"] + "/pings")
        receiver.wait_for_event("ping", 2)
        self.assertEqual({one["event"] for one in receiver.deliveries()}, {"ping"})


class Deliveries(HookTest):
    """/hooks/{id}/deliveries"""

    def await_deliveries(self, hook, count, query="", timeout=60.0):
        """The list, once it has `count` items: an attempt is recorded shortly after its answer."""
        end = time.monotonic() + timeout
        while True:
            found = self.api.all_pages(f"{hook['deliveries_url']}?per_page=100{query}")
            if len(found) >= count:
                return found
            self.assertLess(time.monotonic(), end, f"{len(found)} of {count} deliveries")
            time.sleep(0.05)

    def delivery_of(self, hook, event):
        """The delivery of that event, beside the ping: either may be recorded first."""
        found, = (one for one in self.await_deliveries(hook, 2) if one["event"] == event)
        return found

    def test_items_and_their_details(self):
        receiver = self.receiver()
        hook = self.make_hook(receiver.url)
        made = self.create()
        sent = receiver.wait_for_event("deployment")[0]
        item = self.delivery_of(hook, "deployment")
        self.assertEqual(list(item), [
            "id", "guid", "delivered_at", "redelivery", "duration", "status", "status_code",
            "event", "action", "installation_id", "repository_id", "throttled_at"])
        self.assertEqual({key: item[key] for key in list(item) if key not in (
            "id", "delivered_at", "duration", "repository_id")}, {
                "guid": sent["guid"], "redelivery": False, "status": "OK", "status_code": 200,
                "event": "deployment", "action": "created", "installation_id": None,
                "throttled_at": None})
        self.assertIsInstance(item["duration"], float)
        self.assertLess(item["id"], 2 ** 53)
        answer = self.api.get(f"{hook['deliveries_url']}/{item['id']}")
        self.assertEqual(answer.status, 200, answer)
        detail = answer.json
        self.assertEqual({key: detail[key] for key in item}, item)
        self.assertEqual(detail["url"], receiver.url)
        self.assertEqual(detail["request"]["payload"], unpack(sent))
        self.assertEqual(detail["request"]["payload"]["deployment"]["id"], made["id"])
        self.assertEqual(detail["request"]["headers"]["X-GitHub-Delivery"], sent["guid"])
        self.assertEqual(detail["response"]["headers"]["Content-Type"], "text/plain")
        self.assertEqual(detail["response"]["payload"], "received\n")
        self.assertNotIn(signature("sha256", sent["body"]), answer.body.decode())

    def test_a_redelivery_carries_the_same_guid_and_bytes(self):
        receiver = self.receiver()
        hook = self.make_hook(receiver.url)
        self.create()
        receiver.wait_for_event("deployment")
        original = self.delivery_of(hook, "deployment")
        answer = self.api.post(f"{hook['deliveries_url']}/{original['id']}/attempts")
        self.assertEqual((answer.status, answer.json), (202, {}))
        first, second = receiver.wait_for_event("deployment", 2)
        for key in ("guid", "sha256", "body"):
            self.assertEqual(first[key], second[key], key)
        self.assertEqual(first["headers"]["X-Hub-Signature-256"],
                         second["headers"]["X-Hub-Signature-256"])
        again = self.await_deliveries(hook, 3)[0]
        self.assertEqual((again["guid"], again["redelivery"]), (original["guid"], True))
        self.assertGreater(again["id"], original["id"])

    def test_a_dead_letter_can_be_redelivered(self):
        receiver = self.receiver()
        with Server(environment={"ESCLUSA_WEBHOOKS_RETRY_SCALE": "1e-9"}) as server:
            server.add_repository("demo/shop", make_repository(server.folder))
            api = server.api()
            receiver.fail_next(10)
            hook = api.post(HOOKS, {"config": {"url": receiver.url}}).json
            receiver.wait_for_event("ping", 10)
            end = time.monotonic() + 30
            while True:
                failed = api.get(hook["deliveries_url"] + "?status=failure").json
                if len(failed) == 10:
                    break
                self.assertLess(time.monotonic(), end, failed)
            self.assertEqual(api.get(hook["deliveries_url"] + "?status=success").json, [])
            self.assertEqual(api.get(hook["url"]).json["last_response"], {
                "code": 500, "status": "misconfigured", "message": "Invalid HTTP Response: 500"})
            api.post(f"{hook['deliveries_url']}/{failed[-1]['id']}/attempts")
            pings = receiver.wait_for_event("ping", 11)
            self.assertEqual(len({(one["guid"], one["sha256"]) for one in pings}), 1)

    def test_pages_neither_skip_nor_repeat_while_new_ones_arrive(self):
        receiver = self.receiver()
        hook = self.make_hook(receiver.url)
        for _ in range(249):
            self.api.post(hook["url"] + "/pings")
        before = [one["id"] for one in self.await_deliveries(hook, 250)]
        walked, links, path = [], [], hook["deliveries_url"] + "?per_page=20"
        while path:
            answer = self.api.get(path)
            walked += [one["id"] for one in answer.json]
            links.append(dict(answer.links()))
            path = links[-1].get("next")
            self.api.post(hook["url"] + "/pings")
            receiver.wait_for_event("ping", 250 + len(links))
        self.assertEqual(walked, before)
        self.assertEqual([sorted(one) for one in links],
                         [["next"]] + [["next", "prev"]] * 11 + [["prev"]])
        self.assertRegex(links[0]["next"], r"/deliveries\?per_page=20&cursor=v1_\d+$")
        # A second query after the cursor, as PyGithub appends it, changes nothing.
        again = self.api.get(links[0]["next"] + "?per_page=20")
        self.assertEqual([one["id"] for one in again.json], before[20:40])
        # And backwards.
        back = self.api.get(links[-1]["prev"])
        self.assertEqual([one["id"] for one in back.json], before[220:240])

    def test_what_is_refused(self):
        receiver = self.receiver()
        hook, other = self.make_hook(receiver.url), self.make_hook(receiver.url + "/x")
        ping = self.await_deliveries(hook, 1)[0]
        for query in ("cursor=nonsense", "cursor=v1_", "cursor=v1_0", "cursor=v2_1",
                      "status=bogus"):
            with self.subTest(query=query):
                self.assert_error(self.api.get(f"{hook['deliveries_url']}?{query}"), 422)
        for path in (f"{other['deliveries_url']}/{ping['id']}", f"{hook['deliveries_url']}/0",
                     f"{hook['deliveries_url']}/999999999", HOOKS + "/999999999/deliveries"):
            with self.subTest(path=path):
                self.assert_error(self.api.get(path), 404, "Not Found")
        self.assert_error(self.api.post(f"{other['deliveries_url']}/{ping['id']}/attempts"),
                          404, "Not Found")


class Delivery(HookTest):
    """The content of deliveries."""

    def test_a_ping_on_creation_and_on_request(self):
        receiver = self.receiver()
        hook = self.make_hook(receiver.url)
        ping = unpack(receiver.wait_for_event("ping")[0])
        self.assertEqual(ping["hook_id"], hook["id"])
        self.assertEqual(ping["hook"]["config"]["secret"], MASK)
        self.assertEqual(ping["repository"]["full_name"], "demo/shop")
        self.assertTrue(ping["zen"])
        answer = self.api.post(hook["url"] + "/pings")
        self.assertEqual((answer.status, answer.body), (204, b""))
        first, second = receiver.wait_for_event("ping", 2)
        self.assertNotEqual(first["guid"], second["guid"])

    def test_a_deployment_and_its_status_arrive_signed(self):
        receiver = self.receiver()
        hook = self.make_hook(receiver.url)
        made = self.create(payload={"a": "é"})
        status = self.report(made, "in_progress", log_url="https://ci.example.org/1")
        deployment_delivery = receiver.wait_for_event("deployment")[0]
        status_delivery = receiver.wait_for_event("deployment_status")[0]
        for delivery in (deployment_delivery, status_delivery):
            self.assert_headers(delivery, hook)

        event = unpack(deployment_delivery)
        self.assertEqual(event["action"], "created")
        self.assertEqual(event["deployment"]["id"], made["id"])
        self.assertEqual(event["deployment"]["sha"], made["sha"])
        self.assertEqual(event["deployment"]["payload"], {"a": "é"})
        self.assertEqual(event["repository"]["full_name"], "demo/shop")
        self.assertEqual(event["sender"]["login"], "admin")
        self.assertIsNone(event["workflow"])
        self.assertIsNone(event["workflow_run"])

        event = unpack(status_delivery)
        self.assertEqual(event["deployment_status"]["id"], status["id"])
        self.assertEqual(event["deployment_status"]["state"], "in_progress")
        self.assertEqual(event["deployment"]["id"], made["id"])
        for key in ("check_run", "workflow", "workflow_run"):
            self.assertNotIn(key, event)

    def assert_headers(self, delivery, hook):
        headers = {name.lower(): value for name, value in delivery["headers"].items()}
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(headers["accept"], "*/*")
        self.assertTrue(headers["user-agent"].startswith("GitHub-Hookshot/"))
        self.assertRegex(headers["x-github-delivery"],
                         r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual(headers["x-github-event"], delivery["event"])
        self.assertEqual(headers["x-github-hook-id"], str(hook["id"]))
        self.assertEqual(headers["x-github-hook-installation-target-type"], "repository")
        self.assertEqual(headers["x-github-hook-installation-target-id"],
                         str(unpack(delivery)["repository"]["id"]))
        self.assertEqual(headers["x-hub-signature"], signature("sha1", delivery["body"]))
        self.assertEqual(headers["x-hub-signature-256"], signature("sha256", delivery["body"]))

    def test_a_form_wraps_the_json_and_its_bytes_are_signed(self):
        receiver = self.receiver()
        self.make_hook(receiver.url, config={"content_type": "form"})
        made = self.create()
        delivery = receiver.wait_for_event("deployment")[0]
        self.assertEqual(delivery["headers"]["Content-Type"], "application/x-www-form-urlencoded")
        self.assertEqual(delivery["headers"]["X-Hub-Signature-256"],
                         signature("sha256", delivery["body"]))
        form = urllib.parse.parse_qs(delivery["body"], strict_parsing=True)
        self.assertEqual(json.loads(form["payload"][0])["deployment"]["id"], made["id"])

    def test_without_a_secret_nothing_is_signed(self):
        receiver = self.receiver()
        answer = self.api.post(HOOKS, {"events": ["deployment"], "config": {
            "url": receiver.url, "content_type": "json"}})
        self.assertEqual(answer.status, 201, answer)
        self.create()
        headers = receiver.wait_for_event("deployment")[0]["headers"]
        self.assertNotIn("X-Hub-Signature", headers)
        self.assertNotIn("X-Hub-Signature-256", headers)

    def test_a_failed_delivery_is_repeated_with_the_same_guid_and_bytes(self):
        receiver = self.receiver()
        self.make_hook(receiver.url)
        receiver.wait_for_event("ping")
        receiver.fail_next(2, 500)
        self.create()
        attempts = receiver.wait_for_event("deployment", 3)
        self.assertEqual([one["answer"] for one in attempts], [500, 500, 200])
        for key in ("guid", "sha256", "body"):
            self.assertEqual(len({one[key] for one in attempts}), 1, key)
        self.assertEqual(len({one["headers"]["X-Hub-Signature-256"] for one in attempts}), 1)

    def test_one_guid_for_all_hooks_of_an_event(self):
        receivers = [self.receiver(), self.receiver()]
        for receiver in receivers:
            self.make_hook(receiver.url)
        self.create()
        guids = {receiver.wait_for_event("deployment")[0]["guid"] for receiver in receivers}
        self.assertEqual(len(guids), 1)

    def test_only_what_was_asked_for_arrives(self):
        statuses, quiet, last = self.receiver(), self.receiver(), self.receiver()
        self.make_hook(statuses.url, events=["deployment_status"])
        self.make_hook(quiet.url, active=False)
        self.make_hook(last.url, events=["*"])
        made = self.create()
        self.report(made, "success")
        last.wait_for_event("deployment_status")
        statuses.wait_for_event("deployment_status")
        self.assertEqual(statuses.deliveries("deployment"), [])
        self.assertEqual([one for one in quiet.deliveries() if one["event"] != "ping"], [])

    def test_events_of_an_environment_arrive_in_order(self):
        receiver = self.receiver()
        self.make_hook(receiver.url)
        receiver.wait_for_event("ping")
        receiver.fail_next(1)
        made = self.create()
        states = ["queued", "in_progress", "success"]
        for state in states:
            self.report(made, state)
        receiver.wait_for_event("deployment_status", 3)
        arrived = [one for one in receiver.deliveries() if one["answer"] == 200]
        self.assertEqual([one["event"] for one in arrived if one["event"] != "ping"],
                         ["deployment"] + ["deployment_status"] * 3)
        self.assertEqual([unpack(one)["deployment_status"]["state"] for one in arrived
                          if one["event"] == "deployment_status"], states)

    def test_inactive_sends_nothing(self):
        receiver = self.receiver()
        self.make_hook(receiver.url)
        first, second = self.create(), self.create()
        self.report(first, "success")
        self.report(second, "success")  # makes the first deployment inactive
        self.report(second, "inactive")
        self.report(second, "failure")
        sent = receiver.wait_for_event("deployment_status", 3)
        self.assertEqual([unpack(one)["deployment_status"]["state"] for one in sent],
                         ["success", "success", "failure"])

    def test_events_survive_a_receiver_that_is_away_and_a_restart(self):
        receiver = self.receiver()
        self.make_hook(receiver.url)
        receiver.wait_for_event("ping")
        receiver.fail_next(3, 503)
        made = self.create()
        self.server.restart()
        type(self).api = self.server.api()
        arrived = receiver.wait_for(lambda all_of_them: any(
            one["event"] == "deployment" and one["answer"] == 200 for one in all_of_them))
        attempts = [one for one in arrived if one["event"] == "deployment"]
        self.assertEqual({unpack(one)["deployment"]["id"] for one in attempts}, {made["id"]})
        self.assertEqual(len({(one["guid"], one["sha256"]) for one in attempts}), 1)


class Addresses(unittest.TestCase):
    """Without `webhooks.allow`, private addresses are refused, and the message names the
    setting."""

    def test_private_addresses_are_refused_by_default(self):
        with Server(allow=None) as server:
            server.add_repository("demo/shop", make_repository(server.folder), "--private")
            api = server.api()
            for host in ("127.0.0.1:9", "localhost:9", "[::1]:9", "10.0.0.1", "192.168.1.1",
                         "169.254.169.254", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"):
                with self.subTest(host=host):
                    answer = api.post(HOOKS, {"config": {"url": f"http://{host}/"}})
                    self.assertEqual(answer.status, 422, answer)
                    self.assertIn("webhooks.allow", json.dumps(answer.json), answer)
            self.assertEqual(api.get(HOOKS).json, [])

    def test_the_signature_of_githubs_documentation(self):
        digest = hmac.new(SECRET.encode(), b"Hello, World!", hashlib.sha256).hexdigest()
        self.assertEqual(digest, "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")


if __name__ == "__main__":
    unittest.main()
