"""Webhooks of organizations, our additions to GitHub's API of webhooks, and `esclusa hook`."""
import hashlib
import hmac
import json
import subprocess
import time
import unittest

from harness import BINARY, EsclusaTest, Server, clean_environment, make_repository

ORG_HOOKS = "/orgs/demo/hooks"
HOOKS = "/repos/demo/shop/hooks"
SECRET = "It's a Secret to Everybody"


def signed(secret, delivery):
    """Whether the delivery's signature was made with that secret."""
    digest = hmac.new(secret.encode(), delivery["body"].encode(), hashlib.sha256).hexdigest()
    return delivery["headers"].get("X-Hub-Signature-256") == f"sha256={digest}"


def make_hook(test, api, path, url, **more):
    """Creates a hook for deployments and gives it."""
    answer = api.post(path, {"name": "web", "events": ["deployment"], "config": {
        "url": url, "content_type": "json", "secret": SECRET}, **more})
    test.assertEqual(answer.status, 201, answer)
    test.assertEqual(answer.headers["Location"], answer.json["url"])
    return answer.json


def run_cli(server, *arguments, token=None, secret="", check=True):
    """`esclusa ARGUMENTS…` with a token, and with `secret` as its standard input."""
    file = server.folder / "cli-token"
    file.write_text(token or server.token)
    done = subprocess.run(
        [BINARY, *map(str, arguments), "--server", server.url, "--token-file", str(file)],
        input=secret, check=False, timeout=60, capture_output=True, text=True,
        env=clean_environment())
    if check and done.returncode != 0:
        raise AssertionError(f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class HookTest(EsclusaTest):
    """Every test removes its webhooks."""

    def tearDown(self):
        for path in (HOOKS, ORG_HOOKS):
            for hook in self.api.get(path).json or []:
                self.api.delete(f"{path}/{hook['id']}")


class OrganizationHooks(HookTest):
    """/orgs/{org}/hooks"""

    def test_it_gets_the_events_of_every_repository_signed(self):
        receiver = self.receiver()
        hook = make_hook(self, self.api, ORG_HOOKS, receiver.url)
        self.assertEqual((hook["type"], hook["name"], hook["creator"]),
                         ("Organization", "web", "admin"))
        self.assertTrue(hook["url"].endswith(f"{ORG_HOOKS}/{hook['id']}"))
        self.assertNotIn("test_url", hook)
        self.server.add_repository("demo/second", make_repository(self.server.folder, "second"))
        made = self.create()
        answer = self.api.post("/repos/demo/second/deployments", {
            "ref": "main", "auto_merge": False, "required_contexts": []})
        self.assertEqual(answer.status, 201, answer)
        ping = receiver.wait_for_event("ping")[0]
        body = json.loads(ping["body"])
        self.assertEqual(body["organization"]["login"], "demo")
        self.assertEqual(body["hook"]["type"], "Organization")
        self.assertNotIn("repository", body)
        events = receiver.wait_for_event("deployment", 2)
        self.assertEqual({json.loads(one["body"])["deployment"]["id"] for one in events},
                         {made["id"], answer.json["id"]})
        for one in [ping, *events]:
            self.assertTrue(signed(SECRET, one))
            self.assertEqual(one["headers"]["X-GitHub-Hook-ID"], str(hook["id"]))
        self.assertEqual({json.loads(one["body"])["organization"]["login"] for one in events},
                         {"demo"})

    def test_every_operation(self):
        receiver = self.receiver()
        hook = make_hook(self, self.api, ORG_HOOKS, receiver.url)
        url = hook["url"]
        self.assertEqual([one["id"] for one in self.api.get(ORG_HOOKS).json], [hook["id"]])
        changed = self.api.patch(url, {"add_events": ["organization"]})
        self.assertEqual(sorted(changed.json["events"]), ["deployment", "organization"])
        self.assertEqual(self.api.get(url + "/config").json["secret"], "********")
        answer = self.api.patch(url + "/config", {"content_type": "form"})
        self.assertEqual((answer.status, answer.json["content_type"]), (200, "form"))
        answer = self.api.post(url + "/pings")
        self.assertEqual((answer.status, answer.body), (204, b""))
        receiver.wait_for_event("ping", 2)
        end = time.monotonic() + 30
        while len(listed := self.api.get(url + "/deliveries").json) < 2:
            self.assertLess(time.monotonic(), end, listed)
        self.assertIsNone(listed[0]["repository_id"])
        detail = self.api.get(f"{url}/deliveries/{listed[0]['id']}")
        self.assertEqual((detail.status, detail.json["guid"]), (200, listed[0]["guid"]))
        answer = self.api.post(f"{url}/deliveries/{listed[0]['id']}/attempts")
        self.assertEqual((answer.status, answer.json), (202, {}))
        receiver.wait_for_event("ping", 3)
        page = self.api.get(url + "/deliveries?per_page=1")
        self.assertIn(f"{ORG_HOOKS}/{hook['id']}/deliveries?per_page=1&cursor=v1_",
                      dict(page.links())["next"])
        self.assertEqual(self.api.get(dict(page.links())["next"]).status, 200)
        self.assertEqual(self.api.delete(url).status, 204)
        self.assert_error(self.api.get(url), 404, "Not Found", "orgs/webhooks")

    def test_only_owners_see_that_it_is_there(self):
        hook = make_hook(self, self.api, ORG_HOOKS, self.receiver().url)
        for login, role, scopes, status in (
                ("boss", "admin", "admin:org_hook", 200),
                ("clerk", "member", "admin:org_hook", 404),
                ("narrow-boss", "admin", "repo, admin:org, admin:repo_hook", 404)):
            with self.subTest(login=login):
                self.server.create_user(login)
                self.server.cli("org", "add", "demo", login, "--role", role)
                api = self.server.api(self.server.create_token(login, scopes))
                for path in (ORG_HOOKS, hook["url"], hook["deliveries_url"]):
                    self.assertEqual(api.get(path).status, status)
        self.assert_error(self.server.api(None).get(ORG_HOOKS), 404, "Not Found")
        self.assert_error(self.api.get(f"{HOOKS}/{hook['id']}"), 404, "Not Found")


class OurFields(HookTest):
    """`retry`, `when_superseded`, `creator`, `former_secret_until`"""

    def test_in_and_out(self):
        hook = make_hook(self, self.api, HOOKS, self.receiver().url)
        ours = ("retry", "when_superseded", "creator", "former_secret_until")
        self.assertEqual([hook[name] for name in ours], ["schedule", "deliver", "admin", None])
        changed = self.api.patch(hook["url"], {"retry": "none", "when_superseded": "skip"}).json
        self.assertEqual([changed[name] for name in ours], ["none", "skip", "admin", None])
        read = self.api.get(hook["url"]).json
        self.assertEqual([read[name] for name in ours], ["none", "skip", "admin", None])
        self.assertNotIn("retry", changed["config"])
        for body in ({"retry": "sometimes"}, {"retry": 1}, {"when_superseded": "drop"},
                     {"config": {"url": "http://127.0.0.1:9/", "retry": "none"}}):
            with self.subTest(body=body):
                self.assert_error(self.api.patch(hook["url"], body), 422)

    def test_a_rotation_keeps_the_former_secret_for_its_time(self):
        receiver = self.receiver()
        for path in (HOOKS, ORG_HOOKS):
            with self.subTest(path=path):
                hook = make_hook(self, self.api, path, receiver.url)
                ours = f"/esclusa{path}/{hook['id']}/secret"
                answer = self.api.request("PUT", ours, {"secret": "second", "former_valid_for": 60})
                self.assertEqual(answer.status, 200, answer)
                self.assertIsNotNone(answer.json["former_secret_until"])
                self.api.delete(hook["url"])
        hook = make_hook(self, self.api, HOOKS, receiver.url)
        ours = f"/esclusa{HOOKS}/{hook['id']}/secret"
        answer = self.api.request("PUT", ours, {"secret": "second", "former_valid_for": 0})
        self.assertIsNone(answer.json["former_secret_until"])
        made = self.create()
        self.assertTrue(receiver.wait_for(lambda all_of_them: any(
            one["event"] == "deployment" and signed("second", one) and
            json.loads(one["body"])["deployment"]["id"] == made["id"] for one in all_of_them)))
        for body in ({}, {"secret": ""}, {"secret": "x", "former_valid_for": 7 * 86400 + 1},
                     {"secret": "x" * 256}, {"secret": "x", "former_valid_for": "1h"}):
            with self.subTest(body=body):
                self.assert_error(self.api.request("PUT", ours, body), 422)
        self.assert_error(self.api.request("PUT", f"/esclusa{HOOKS}/999999999/secret",
                                           {"secret": "x"}), 404, "Not Found")


class Replays(EsclusaTest):
    """Dead letters are replayed, by the API and by the command line."""

    server_settings = {"environment": {"ESCLUSA_WEBHOOKS_RETRY_SCALE": "1e-9"}}

    def await_state(self, ours, state, count=1):
        """The event deliveries in that state, once there are `count` of them."""
        end = time.monotonic() + 30
        while True:
            found = self.api.get(f"{ours}/deliveries?state={state}").json
            if len(found) == count:
                return found
            self.assertLess(time.monotonic(), end, found)
            time.sleep(0.05)

    def test_a_dead_letter_is_listed_and_replayed(self):
        receiver = self.receiver()
        receiver.fail_next(10)
        hook = make_hook(self, self.api, ORG_HOOKS, receiver.url)
        ours = f"/esclusa{ORG_HOOKS}/{hook['id']}"
        dead = self.await_state(ours, "dead")[0]
        self.assertEqual((dead["event"], dead["attempt_count"], dead["next_attempt_at"],
                          dead["repository"], dead["latest_attempt"]["status_code"]),
                         ("ping", 10, None, None, 500))
        self.assertEqual(self.api.get(f"{ours}/deliveries?state=delivered").json, [])
        later = {"since": "2099-01-01T00:00:00Z"}
        self.assertEqual(self.api.post(f"{ours}/replay", later).json,
                         {"count": 0, "more": False, "pruned": 0})
        answer = self.api.post(f"{ours}/replay")
        self.assertEqual((answer.status, answer.json),
                         (202, {"count": 1, "more": False, "pruned": 0}))
        again = self.await_state(ours, "delivered")[0]
        self.assertEqual((again["guid"], again["latest_attempt"]["status_code"]),
                         (dead["guid"], 200))
        self.assertEqual(len({one["sha256"] for one in receiver.wait_for_event("ping", 11)}), 1)
        for body in ({"state": "cancelled"}, {"since": "yesterday"}, {"state": "any"}):
            with self.subTest(body=body):
                self.assert_error(self.api.post(f"{ours}/replay", body), 422)
        self.assert_error(self.api.get(f"{ours}/deliveries?state=lost"), 422)
        self.assert_error(self.api.get(f"{ours}/deliveries?cursor=v1_x"), 422)

    def test_the_command_line(self):
        receiver = self.receiver()
        receiver.fail_next(10)
        hook = make_hook(self, self.api, HOOKS, receiver.url)
        target, number = "demo/shop", hook["id"]
        self.await_state(f"/esclusa{HOOKS}/{number}", "dead")
        listed = run_cli(self.server, "hook", "list", target).stdout
        self.assertRegex(listed, rf"(?m)^{number} +true +deployment +{receiver.url} +admin +500 ")
        dead = run_cli(self.server, "hook", "deliveries", target, number, "--state", "dead").stdout
        self.assertRegex(dead, r"ping +demo/shop +- +dead +10 +- +500 Invalid HTTP Response: 500")
        self.assertEqual(run_cli(self.server, "hook", "replay", target, number, "--since",
                                 "1h").stdout, "1 delivery is pending again\n")
        self.await_state(f"/esclusa{HOOKS}/{number}", "delivered")
        told = run_cli(self.server, "hook", "rotate", target, number, "--secret-file", "-",
                       secret="second\n").stdout
        self.assertIn("the former one beside it until", told)
        made = run_cli(self.server, "hook", "rotate", target, number, "--generate",
                       "--former-valid-for", "0").stdout.strip()
        self.assertRegex(made, r"^whsec_[A-Za-z0-9+/]{43}=$")
        self.create()
        delivery = receiver.wait_for_event("deployment")[0]
        self.assertTrue(signed(made, delivery))
        done = run_cli(self.server, "hook", "adopt", target, 999999999, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("esclusa hook list demo/shop", done.stderr)
        done = run_cli(self.server, "hook", "rotate", target, number, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--generate", done.stderr)


class BlockedCreator(EsclusaTest):
    """`esclusa user block`, and its effect on the hooks of the account."""

    def test_a_blocked_creators_hook_is_suspended_until_somebody_adopts_it(self):
        with Server() as server:
            server.add_repository("demo/shop", make_repository(server.folder))
            admin = server.api()
            leaver = server.user_with("leaver", "admin:repo_hook", "demo/shop", "admin")
            receiver = self.receiver()
            hook = make_hook(self, leaver, HOOKS, receiver.url)
            receiver.wait_for_event("ping")
            told = server.cli("user", "block", "Leaver").stdout
            self.assertIn("Blocked leaver", told)
            self.assertIn("1 hook", told)
            self.assert_error(leaver.get(HOOKS), 401, "Bad credentials")
            response = admin.get(hook["url"]).json["last_response"]
            self.assertEqual((response["code"], response["status"]), (None, "suspended"))
            self.assertIn("leaver", response["message"])
            self.assertIn("leaver", run_cli(server, "hook", "list", "demo/shop").stdout)
            answer = admin.post("/repos/demo/shop/deployments", {
                "ref": "main", "auto_merge": False, "required_contexts": []})
            self.assertEqual(answer.status, 201, answer)
            self.assertIn("admin answers for hook",
                          run_cli(server, "hook", "adopt", "demo/shop", hook["id"]).stdout)
            adopted = admin.get(hook["url"]).json
            self.assertEqual(adopted["creator"], "admin")
            self.assertNotEqual(adopted["last_response"]["status"], "suspended")
            event = json.loads(receiver.wait_for_event("deployment")[0]["body"])
            self.assertEqual(event["deployment"]["id"], answer.json["id"])
            self.assertIn("Unblocked leaver", server.cli("user", "unblock", "leaver").stdout)
            self.assertEqual(leaver.get(HOOKS).status, 200)
            done = server.cli("user", "block", "nobody", check=False)
            self.assertEqual(done.returncode, 1)

    def test_a_humans_bots_go_along_unless_told_otherwise(self):
        with Server() as server:
            server.create_user("grace")
            server.create_user("grace-bot", "--kind", "bot", "--human", "grace")
            bot = server.api(server.create_token("grace-bot", "repo_deployment", "--name", "CI"))
            told = server.cli("user", "block", "grace").stdout
            self.assertIn("grace-bot, a bot for which grace answers, is blocked", told)
            self.assertRegex(told, r"CI +repo_deployment")
            self.assert_error(bot.get("/user"), 401, "Bad credentials")
            server.cli("user", "unblock", "grace")
            self.assertEqual(bot.get("/user").status, 200)
            told = server.cli("user", "block", "grace", "--keep-bots").stdout
            self.assertIn("is not blocked: its tokens open what they did", told)
            self.assertEqual(bot.get("/user").status, 200)
            told = server.cli("user", "block", "admin").stdout
            self.assertIn("Warning: no site administrator is left", told)


if __name__ == "__main__":
    unittest.main()
