// @octokit/app and @octokit/auth-app as published, with their own JSON web tokens and tokens of
// installations, against a running server. tests/clients/run.py makes the app and installs it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, mock, test } from "node:test";
import { App } from "@octokit/app";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "octokit";
import { fails, noLimits, plain, shop, silent } from "./support.mjs";

const { ESCLUSA_URL, ESCLUSA_RELEASER_ID, ESCLUSA_RELEASER_CLIENT_ID } = process.env;
const privateKey = readFileSync(process.env.ESCLUSA_RELEASER_KEY, "utf8");
const anotherKey = readFileSync(process.env.ESCLUSA_ANOTHER_KEY, "utf8");
const undecodable = "A JSON web token could not be decoded";

const client = (baseUrl, more = {}) =>
  Octokit.defaults({ baseUrl, log: silent, throttle: { id: baseUrl, ...noLimits }, ...more });

const connect = (baseUrl, appId, key = privateKey) =>
  new App({ appId, privateKey: key, Octokit: client(baseUrl), log: silent });

// The second form is that of an Enterprise server. An app signs with its id or its client id.
for (const [form, appId] of [["", Number(ESCLUSA_RELEASER_ID)],
  ["/api/v3", ESCLUSA_RELEASER_CLIENT_ID]]) {
  describe(`An app with the base URL http://…${form} that signs as ${typeof appId}`, () =>
    suite(ESCLUSA_URL + form, appId));
}

function suite(baseUrl, appId) {
  const app = connect(baseUrl, appId);
  const { apps } = app.octokit.rest;
  const find = async () => (await apps.getRepoInstallation(shop)).data;
  const enter = async () => app.getInstallationOctokit((await find()).id);
  const environment = (name) => `octokit-${typeof appId}-${name}`;

  test("it reads itself, its installation, and the repositories there", async () => {
    const itself = (await app.octokit.request("GET /app")).data;
    assert.deepEqual([itself.slug, itself.id, itself.client_id, itself.owner.login],
      ["releaser", Number(ESCLUSA_RELEASER_ID), ESCLUSA_RELEASER_CLIENT_ID, "demo"]);
    assert.deepEqual(itself.permissions, { deployments: "write", metadata: "read" });
    const { rest } = await enter();
    assert.equal((await rest.apps.getBySlug({ app_slug: "releaser" })).data.id, itself.id);
    const found = [];
    await app.eachInstallation(({ installation }) => void found.push(installation));
    assert.deepEqual(found, [await find()]);
    assert.deepEqual([found[0].account.login, found[0].app_id, found[0].repository_selection],
      ["demo", itself.id, "selected"]);
    const names = [];
    await app.eachRepository(({ repository }) => void names.push(repository.full_name));
    assert.deepEqual(names, ["demo/shop"]);
  });

  test("it deploys and reports as its bot", async () => {
    const { rest: { repos } } = await enter();
    const created = await repos.createDeployment({ ...plain, environment: environment("bot") });
    const made = created.data;
    assert.equal(created.headers["x-accepted-github-permissions"], "deployments=write");
    const one = { ...shop, deployment_id: made.id };
    assert.deepEqual((await repos.getDeployment(one)).data, made);
    const reported = (await repos.createDeploymentStatus({ ...one, state: "success" })).data;
    for (const { creator, performed_via_github_app: via } of [made, reported]) {
      assert.deepEqual([creator.login, creator.type], ["releaser[bot]", "Bot"]);
      assert.deepEqual([via.slug, via.id], ["releaser", Number(ESCLUSA_RELEASER_ID)]);
    }
    const statuses = (await repos.listDeploymentStatuses(one)).data;
    assert.deepEqual(statuses, [reported]);
  });

  test("a token of less does less", async () => {
    const { rest: { repos } } = await enter();
    const wanted = { ...plain, environment: environment("less") };
    const auth = createAppAuth({ appId, privateKey, request: app.octokit.request });
    const token = await auth({ type: "installation", installationId: (await find()).id,
      permissions: { deployments: "read" }, repositoryNames: ["shop"] });
    assert.match(token.token, /^ghs_/);
    assert.deepEqual(token.permissions, { deployments: "read", metadata: "read" });
    assert.deepEqual(token.repositoryNames, ["shop"]);
    const less = new (client(baseUrl))({ auth: token.token }).rest.repos;
    await less.listDeployments(shop);
    await fails(less.createDeployment(wanted), 403, "Resource not accessible by integration");
    const { environment: name } = wanted;
    assert.deepEqual((await repos.listDeployments({ ...shop, environment: name })).data, []);
    const refused = auth({ type: "installation", installationId: (await find()).id,
      permissions: { administration: "write" } });
    await fails(refused, 422, "The permissions requested are not granted to this installation.");
  });

  test("it may not do what its permissions do not allow", async () => {
    const { rest } = await enter();
    const denied = "Resource not accessible by integration";
    await fails(rest.repos.listWebhooks(shop), 403, denied);
    await fails(rest.repos.createOrUpdateEnvironment({ ...shop, environment_name: "no" }), 403,
      denied);
    await fails(rest.repos.get({ owner: "demo", repo: "moved" }), 404, "Not Found");
  });

  test("a suspended installation gets no token", async () => {
    const installation_id = (await find()).id;
    await apps.suspendInstallation({ installation_id });
    try {
      const { suspended_by } = (await apps.getInstallation({ installation_id })).data;
      assert.equal(suspended_by.login, "releaser[bot]");
      const fresh = await connect(baseUrl, appId).getInstallationOctokit(installation_id);
      await fails(fresh.rest.repos.listDeployments(shop), 403,
        "This installation has been suspended");
    } finally {
      await apps.unsuspendInstallation({ installation_id });
    }
    await (await enter()).rest.repos.listDeployments(shop);
  });

  test("another app's key, and no app's id, are refused", async () => {
    const { octokit } = connect(baseUrl, appId, anotherKey);
    await fails(octokit.request("GET /app"), 401, undecodable);
    const installation = await connect(baseUrl, appId, anotherKey)
      .getInstallationOctokit((await find()).id);
    await fails(installation.rest.repos.listDeployments(shop), 401, undecodable);
    await fails(connect(baseUrl, 999_999).octokit.request("GET /app"), 404,
      "Integration not found");
  });

  // auth-app learns the difference from the message and the `Date` of the refusal.
  for (const [what, minutes, claim] of [["ahead", 60, /'(Issued at|Expiration time)' claim/],
    ["late", -60, /'Expiration time' claim/]]) {
    test(`a clock that is an hour ${what} is corrected`, async () => {
      const warned = [];
      const log = { ...silent, warn: (text) => void warned.push(text) };
      // Bottleneck, which throttles, would wait for a clock that stands still.
      const shifted = new App({ appId, privateKey, log,
        Octokit: client(baseUrl, { throttle: { enabled: false }, retry: { enabled: false } }) });
      const installationId = (await find()).id;
      mock.timers.enable({ apis: ["Date"], now: Date.now() + minutes * 60_000 });
      try {
        assert.equal((await shifted.octokit.request("GET /app")).data.slug, "releaser");
        const { token } = await shifted.octokit.auth({ type: "installation", installationId });
        assert.match(token, /^ghs_/);
      } finally {
        mock.timers.reset();
      }
      assert.equal(warned.length, 4, warned.join("\n"));
      assert.match(warned[0], claim);
      assert.match(warned[1], /are different by -?3[56]\d\d seconds/);
    });
  }
}
