// Probot as published, as an app that decides about deployments by a custom protection rule, and
// then deploys: it hears by the app's own webhook, and answers by a token of its installation.
// tests/clients/run.py makes the app and installs it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { createNodeMiddleware, Probot } from "probot";
import { call, eventually, listen, plain, shop } from "./support.mjs";

const { ESCLUSA_URL, ESCLUSA_BINARY, ESCLUSA_RELEASER_ID } = process.env;
const SECRET = "It's the Secret of an App";
const privateKey = readFileSync(process.env.ESCLUSA_RELEASER_KEY, "utf8");
const anotherKey = readFileSync(process.env.ESCLUSA_ANOTHER_KEY, "utf8");

// A running Probot that the webhook of the app leads to; `rules` registers its handlers.
async function start(rules, { form = "", ...more } = {}) {
  const probot = new Probot({ appId: ESCLUSA_RELEASER_ID, privateKey, secret: SECRET,
    baseUrl: ESCLUSA_URL + form, logLevel: "fatal", ...more });
  const url = await listen(await createNodeMiddleware(rules, { probot, webhooksPath: "/hook" }));
  execFileSync(ESCLUSA_BINARY,
    ["app", "webhook", "releaser", "--url", `${url}/hook`, "--secret-file", "-"],
    { input: SECRET });
  return probot;
}

// An environment whose only gate is the app.
async function guard(name) {
  await call("PUT", `/environments/${name}`, {}, 200);
  const made = await call("POST", `/environments/${name}/deployment_protection_rules`,
    { integration_id: Number(ESCLUSA_RELEASER_ID) }, 201);
  assert.equal(made.app.slug, "releaser");
}

const deploy = (environment) => call("POST", "/deployments", { ...plain, environment }, 201);
const statuses = (deployment) => call("GET", deployment.statuses_url, undefined, 200);

async function gates(deployment) {
  const path = new URL(`${shop}/deployments/${deployment.id}/gates`);
  path.pathname = `/esclusa${path.pathname}`;
  return call("GET", path.href, undefined, 200);
}

// Calls `note` for each event about the environment. What an earlier test did not wait for may be
// sent again.
const listenFor = (app, environment, note) =>
  app.onAny(({ name, payload }) => {
    if (payload.deployment?.environment === environment) note(name, payload);
  });

// Answers the question of an event.
const answer = ({ octokit, payload }, body) =>
  octokit.request(`POST ${payload.deployment_callback_url}`,
    { environment_name: payload.environment, ...body });

describe("Probot as an app", () => {
  // The second form is an Enterprise server's.
  for (const form of ["", "/api/v3"]) {
    test(`it approves and deploys, with the base URL http://…${form}`, async () => {
      const environment = `probot-app${form.replaceAll("/", "-")}`;
      const heard = [];
      await start((app) => {
        listenFor(app, environment, (name, { action, deployment }) =>
          void heard.push(`${name} ${action} ${deployment.id}`));
        app.on("deployment_protection_rule.requested", async (context) => {
          await answer(context, { comment: "The scan has begun" });
          await answer(context, { state: "approved", comment: "The scan found nothing" });
        });
        app.on("deployment.created", async (context) => {
          const { id } = context.payload.deployment;
          for (const state of ["in_progress", "success"]) {
            await context.octokit.rest.repos.createDeploymentStatus(
              context.repo({ deployment_id: id, state }));
          }
        });
      }, { form });
      await guard(environment);
      const made = await deploy(environment);
      const reported = await eventually(async () => {
        const found = await statuses(made);
        return found.some((one) => one.state === "success") && found;
      }, () => heard.join());
      const byApp = reported.filter((one) => one.performed_via_github_app?.slug === "releaser");
      assert.deepEqual(byApp.map((one) => `${one.state} by ${one.creator.login}`),
        ["success by releaser[bot]", "in_progress by releaser[bot]"]);
      assert.equal(made.performed_via_github_app, null);
      assert.deepEqual(heard, [`deployment_protection_rule requested ${made.id}`,
        `deployment created ${made.id}`]);
      const { phase, gates: [gate] } = await gates(made);
      assert.deepEqual([phase, gate.state], ["released", "open"]);
    });
  }

  test("it rejects, and nothing is deployed", async () => {
    await start((app) => app.on("deployment_protection_rule.requested", (context) =>
      answer(context, { state: "rejected", comment: "An incident is open" })));
    await guard("probot-app-rejected");
    const made = await deploy("probot-app-rejected");
    const [ended] = await eventually(async () => {
      const found = await statuses(made);
      return found[0]?.state === "failure" && found;
    }, () => "the app rejects it");
    assert.equal(ended.creator.login, "releaser[bot]");
    assert.equal((await gates(made)).phase, "ended");
  });

  test("it does not approve what it has created", async () => {
    const asked = [];
    const probot = await start((app) => listenFor(app, "probot-app-own",
      (_, { deployment }) => void asked.push(deployment.id)));
    await guard("probot-app-own");
    const { data: installation } = await (await probot.auth()).rest.apps.getRepoInstallation(
      { owner: "demo", repo: "shop" });
    const octokit = await probot.auth(installation.id);
    const { data: made } = await octokit.rest.repos.createDeployment(
      { owner: "demo", repo: "shop", ...plain, environment: "probot-app-own" });
    assert.equal(made.creator.login, "releaser[bot]");
    const approving = octokit.request(
      "POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule",
      { owner: "demo", repo: "shop", run_id: made.id, environment_name: "probot-app-own",
        state: "approved", comment: "Mine" });
    await assert.rejects(approving, { status: 422 });
    const { phase, gates: [gate] } = await gates(made);
    assert.deepEqual([phase, gate.reason_code], ["held", "self_review_prevented"]);
    // It is not even asked: the next question in this environment is the first.
    const others = await deploy("probot-app-own");
    await eventually(() => asked.length > 0, () => "it is asked about another's deployment");
    assert.deepEqual(asked, [others.id]);
  });

  test("with another app's key it hears, and cannot answer", async () => {
    const failed = [];
    await start((app) => {
      app.on("deployment_protection_rule.requested", async (context) => {
        failed.push(await answer(context, { state: "approved", comment: "" }).catch((one) => one));
      });
    }, { privateKey: anotherKey });
    await guard("probot-app-key");
    const made = await deploy("probot-app-key");
    await eventually(() => failed.length > 0, () => "the app was not asked");
    assert.equal(failed[0].status, 401, String(failed[0]));
    assert.equal(failed[0].response.data.message, "A JSON web token could not be decoded");
    const { phase, gates: [gate] } = await gates(made);
    assert.deepEqual([phase, gate.state], ["held", "shut"]);
  });

  test("with another secret it refuses what it is told", async () => {
    const heard = [];
    const probot = await start((app) => app.onAny(({ name }) => void heard.push(name)),
      { secret: "another" });
    await guard("probot-app-secret");
    const made = await deploy("probot-app-secret");
    const { rest: { apps } } = await probot.auth();
    const refused = await eventually(async () => {
      const { data } = await apps.listWebhookDeliveries();
      return data.find((one) => one.status_code === 400);
    }, () => "the app was not asked");
    assert.equal(refused.event, "deployment_protection_rule");
    assert.deepEqual(heard, []);
    assert.equal((await gates(made)).phase, "held");
  });
});
