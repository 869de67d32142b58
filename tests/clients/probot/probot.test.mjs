// Probot, @octokit/webhooks and standardwebhooks as published, as receivers of a running server's
// deliveries. tests/clients/run.py starts the server and passes its address.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createNodeMiddleware as createWebhooksMiddleware, Webhooks } from "@octokit/webhooks";
import { createNodeMiddleware, Probot } from "probot";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { call, eventually, listen, plain, shop } from "./support.mjs";

const { ESCLUSA_URL, ESCLUSA_WRITER, ESCLUSA_ADMIN, ESCLUSA_MAIN_SHA } = process.env;
const SECRET = "It's a Secret to Everybody";

const hookTo = (url, events, config = {}) =>
  call("POST", "/hooks", { events, config: { url, content_type: "json", secret: SECRET, ...config } },
    201);

describe("Probot", () => {
  // An app that deploys: it reports the beginning and the end.
  const deployer = (app) => {
    app.on("deployment.created", async (context) => {
      const { deployment } = context.payload;
      const report = (state) =>
        context.octokit.rest.repos.createDeploymentStatus(
          context.repo({ deployment_id: deployment.id, state, description: `by ${context.name}` }));
      await report("in_progress");
      await report("success");
    });
  };

  // The second form is an Enterprise server's.
  for (const form of ["", "/api/v3"]) {
    test(`an app with the base URL http://…${form} completes a deployment`, async () => {
      const heard = [];
      const probot = new Probot({
        githubToken: ESCLUSA_WRITER, secret: SECRET, baseUrl: ESCLUSA_URL + form, logLevel: "fatal",
      });
      const middleware = await createNodeMiddleware(
        (app) => {
          deployer(app);
          app.onAny((context) => void heard.push(context.name));
        },
        { probot, webhooksPath: "/hook" });
      const url = await listen(middleware);
      const hook = await hookTo(`${url}/hook`, ["deployment", "deployment_status"]);
      const made = await call("POST", "/deployments",
        { ...plain, environment: `probot${form.replaceAll("/", "-")}` }, 201);
      const states = await eventually(async () => {
        const statuses = await call("GET", made.statuses_url, undefined, 200);
        return statuses.length === 2 && statuses;
      }, () => heard.join());
      assert.deepEqual(states.map((one) => one.state), ["success", "in_progress"]);
      assert.deepEqual(states.map((one) => one.creator.login), ["writer", "writer"]);
      await eventually(() => heard.filter((one) => one === "deployment_status").length === 2,
        () => heard.join());
      const of = (items) => items.filter((one) => one.event === "deployment");
      const deliveries = await eventually(async () => {
        const found = of(await call("GET", hook.deliveries_url, undefined, 200));
        return found.length === 1 && found;
      }, () => "the delivery is recorded");
      assert.equal(deliveries[0].status_code, 200);
      await call("DELETE", hook.url, undefined, 204);
    });
  }

  test("an app with another secret refuses what is sent to it", async () => {
    const heard = [];
    const probot = new Probot({
      githubToken: ESCLUSA_WRITER, secret: "another", baseUrl: ESCLUSA_URL, logLevel: "fatal",
    });
    const middleware = await createNodeMiddleware(
      (app) => app.onAny((context) => void heard.push(context.name)),
      { probot, webhooksPath: "/hook" });
    const hook = await hookTo(`${await listen(middleware)}/hook`, ["deployment"]);
    const refused = await eventually(
      async () => (await call("GET", hook.deliveries_url, undefined, 200))[0],
      () => "a ping was tried");
    assert.equal(refused.status_code, 400);
    assert.deepEqual(heard, []);
    await call("DELETE", hook.url, undefined, 204);
  });
});

// Causes an event of each kind; returns the number of events of each kind, without the `ping` of
// the hook's creation.
async function sendEverything(hook, branch) {
  const made = await call("POST", "/deployments", { ...plain, environment: branch }, 201);
  await call("POST", made.statuses_url, { state: "success", description: "é ☃ \u2028" }, 201);
  await call("POST", `/statuses/${ESCLUSA_MAIN_SHA}`, { state: "success" }, 201);
  const run = { name: "build", head_sha: ESCLUSA_MAIN_SHA, conclusion: "success" };
  await call("POST", "/check-runs", run, 201);
  await call("POST", "/deployments", { ref: branch, required_contexts: [] }, 202);
  await call("POST", `${hook.url}/tests`, undefined, 204);
  await call("POST", `${hook.url}/pings`, undefined, 204);
  return { deployment: 1, deployment_status: 1, status: 1, check_run: 2, push: 2, ping: 2 };
}

// A receiver that keeps its requests unchanged.
async function keepAll() {
  const seen = [];
  const url = await listen(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    seen.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
    response.end("received");
  });
  return { url, seen };
}

const count = (names) =>
  names.reduce((sums, name) => ({ ...sums, [name]: (sums[name] ?? 0) + 1 }), {});
const sorted = (sums) => JSON.stringify(Object.entries(sums).sort());

describe("@octokit/webhooks", () => {
  // Its middleware accepts only JSON, as its documentation says.
  test("its middleware verifies every kind of event", async () => {
    const webhooks = new Webhooks({ secret: SECRET });
    const seen = [], errors = [];
    webhooks.onAny(({ id, name, payload }) => {
      assert.equal(payload.repository.full_name, "demo/shop");
      seen.push({ id, name });
    });
    webhooks.onError((error) => void errors.push(String(error)));
    const url = await listen(createWebhooksMiddleware(webhooks, { path: "/" }));
    const hook = await hookTo(url, ["*"]);
    const wanted = await sendEverything(hook, "late/11");
    await eventually(() => sorted(count(seen.map((one) => one.name))) === sorted(wanted),
      () => sorted(count(seen.map((one) => one.name))));
    await call("DELETE", hook.url, undefined, 204);
    await eventually(() => seen.some((one) => one.name === "meta"), () => "no meta event");
    assert.deepEqual(errors, []);
    assert.equal(new Set(seen.map((one) => one.id)).size, seen.length);
  });

  for (const contentType of ["json", "form"]) {
    test(`verify() accepts the bytes of a ${contentType} hook, and no others`, async () => {
      const webhooks = new Webhooks({ secret: SECRET });
      const { url, seen } = await keepAll();
      const hook = await hookTo(url, ["*"], { content_type: contentType });
      const wanted = await sendEverything(hook, contentType === "json" ? "late/9" : "late/10");
      const names = () => count(seen.map((one) => one.headers["x-github-event"]));
      await eventually(() => sorted(names()) === sorted(wanted), () => sorted(names()));
      for (const { headers, body } of seen) {
        const signature = headers["x-hub-signature-256"];
        assert.ok(await webhooks.verify(body, signature), headers["x-github-event"]);
        assert.ok(!(await webhooks.verify(`${body} `, signature)));
        const text = contentType === "json" ? body : new URLSearchParams(body).get("payload");
        assert.equal(JSON.parse(text).repository.full_name, "demo/shop");
      }
      await call("DELETE", hook.url, undefined, 204);
    });
  }
});

// Many receivers parse the body first, and verify the signature of the result.
describe("a receiver that signs JSON.stringify of what it has parsed", () => {
  // Each is unchanged by JSON.parse: no number changes, and no member moves.
  const payloads = [
    '{ "a" : [ 1.0, -0.5e1, 1e2, 12.50E-1, 1e21, 1e-7, 9007199254740992 ],\n\t"b" : { } }',
    String.raw`{"z": "\u00fc\u0041\/\ud83d\ude80\u2028", "a": "\u0000\u001b\u007f\b\f\n\"\\"}`,
    String.raw`"\u0074ext { \"a\": 1.0 }"`,
    '{"\u00e9" :[[ ],{"":null , "__proto__": true}] }',
  ];

  for (const contentType of ["json", "form"]) {
    test(`agrees with every kind of event of a ${contentType} hook`, async () => {
      const webhooks = new Webhooks({ secret: SECRET });
      const { url, seen } = await keepAll();
      const hook = await hookTo(url, ["*"], { content_type: contentType });
      const wanted = await sendEverything(hook, contentType === "json" ? "late/5" : "late/6");
      for (const payload of payloads) {
        const body = `{"ref": "main", "auto_merge": false, "required_contexts": [],
          "environment": "spelled", "description": "\\u007f é", "payload": ${payload}}`;
        const answer = await fetch(`${shop}/deployments`, {
          method: "POST", headers: { authorization: `token ${ESCLUSA_ADMIN}` }, body,
        });
        const text = await answer.text();
        assert.equal(answer.status, 201, text);
        assert.ok(text.includes(payload), "the answer has the payload as it was sent");
      }
      wanted.deployment += payloads.length;
      const names = () => count(seen.map((one) => one.headers["x-github-event"]));
      await eventually(() => sorted(names()) === sorted(wanted), () => sorted(names()));
      const arrived = [];
      for (const { headers, body } of seen) {
        const text = contentType === "json" ? body : new URLSearchParams(body).get("payload");
        const event = JSON.parse(text);
        assert.equal(JSON.stringify(event), text, headers["x-github-event"]);
        if (event.deployment?.environment === "spelled") arrived.push(event.deployment.payload);
        if (contentType !== "json") continue;
        assert.ok(await webhooks.verify(JSON.stringify(event), headers["x-hub-signature-256"]));
      }
      assert.deepEqual(arrived, payloads.map((one) => JSON.parse(one)));
      await call("DELETE", hook.url, undefined, 204);
    });
  }
});

describe("standardwebhooks", () => {
  // A secret is used as text, or as base64 after `whsec_`.
  const whsec = `whsec_${Buffer.from("twenty-four bytes, or so").toString("base64")}`;
  for (const [form, secret, verifier] of [
    ["a text", SECRET, new StandardWebhook(SECRET, { format: "raw" })],
    ["whsec_…", whsec, new StandardWebhook(whsec)],
  ]) {
    test(`it verifies every kind of event with a secret that is ${form}`, async () => {
      const { url, seen } = await keepAll();
      const hook = await hookTo(url, ["*"], { secret });
      const wanted = await sendEverything(hook, form === "a text" ? "late/7" : "late/8");
      const names = () => count(seen.map((one) => one.headers["x-github-event"]));
      await eventually(() => sorted(names()) === sorted(wanted), () => sorted(names()));
      for (const { headers, body } of seen) {
        assert.equal(verifier.verify(body, headers).repository.full_name, "demo/shop");
        assert.equal(headers["webhook-id"], headers["x-github-delivery"]);
        assert.throws(() => verifier.verify(`${body} `, headers), /signature/);
        const late = { ...headers, "webhook-timestamp": "1700000000" };
        assert.throws(() => verifier.verify(body, late), /timestamp/);
      }
      await call("DELETE", hook.url, undefined, 204);
    });
  }
});
