// Octokit as published, with its retry, throttling and pagination plugins, against a running
// server. tests/clients/run.py starts the server and passes its address.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { Octokit } from "octokit";
import { fails, noLimits, plain, shop, silent } from "./support.mjs";

const { ESCLUSA_URL, ESCLUSA_WRITER, ESCLUSA_ADMIN, ESCLUSA_LIMITED_URL } = process.env;

// A client that counts its requests.
function connect(baseUrl, auth = ESCLUSA_WRITER, throttle = noLimits) {
  const sent = { count: 0 };
  const counting = (...request) => {
    sent.count += 1;
    return fetch(...request);
  };
  const octokit = new Octokit({
    auth, baseUrl,
    log: silent,
    retry: { retryAfterBaseValue: 5 },
    throttle: { id: baseUrl, ...throttle },
    request: { fetch: counting },
  });
  return { octokit, rest: octokit.rest.repos, sent };
}

// An ed25519 key in OpenSSH's form, different for each name.
function publicKey(name) {
  const fields = ["ssh-ed25519", createHash("sha256").update(name).digest()].map((one) => {
    const bytes = Buffer.from(one);
    return Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  });
  return `ssh-ed25519 ${Buffer.concat(fields).toString("base64")}`;
}

// The second form is that of an Enterprise server. Each has its own branches. The throttling plugin
// allows one write per second, so tests run in parallel.
describe("Octokit", { concurrency: 2 }, () => {
  for (const [form, number] of [["", 1], ["/api/v3", 2]]) {
    describe(`with the base URL http://…${form}`, { concurrency: 12 }, () =>
      suite(ESCLUSA_URL + form, number));
  }
});

describe("Octokit's throttling plugin, where rates are limited", { concurrency: 2 }, () => {
  // Repeats the call until the plugin reports a limit; returns the report.
  async function untilLimited(token, call) {
    const met = [];
    const note = (kind) => (seconds, options) => void met.push([kind, seconds, options.method]);
    const { octokit } = connect(ESCLUSA_LIMITED_URL, token,
      { onRateLimit: note("primary"), onSecondaryRateLimit: note("secondary") });
    let error;
    for (let i = 0; i < 30 && !error; i++) await call(octokit.rest.repos).catch((e) => (error = e));
    assert.equal(error?.status, 403, String(error));
    assert.equal(met.length, 1);
    const [[kind, seconds, method]] = met;
    assert.ok(seconds > 0 && seconds < 3700, String(seconds)); // an hour, and rounding
    return [kind, method, error.response.data.message];
  }

  test("it learns that the requests of the hour are used up", async () => {
    const [kind, method, message] = await untilLimited(process.env.ESCLUSA_LIMITED_READER,
      (repos) => repos.listDeployments(shop));
    assert.deepEqual([kind, method], ["primary", "GET"]);
    assert.match(message, /^API rate limit exceeded for user ID \d+\.$/);
  });

  test("it learns that too much was created in a minute", async () => {
    const [kind, method, message] = await untilLimited(process.env.ESCLUSA_LIMITED_WRITER,
      (repos) => repos.createDeployment(plain));
    assert.deepEqual([kind, method], ["secondary", "POST"]);
    assert.match(message, /^You have exceeded a secondary rate limit\./);
  });
});

function suite(baseUrl, number) {
  const { octokit, rest, sent } = connect(baseUrl);
  const environment = (name) => `octokit-${number}-${name}`;
  const deploy = async (fields) => (await rest.createDeployment({ ...plain, ...fields })).data;
  const environments = async (name) =>
    (await rest.listDeployments({ ...shop, environment: environment(name) })).data;

  test("who the token belongs to", async () => {
    assert.equal((await octokit.rest.users.getAuthenticated()).data.login, "writer");
  });

  test("a deployment is created, read and found in the list", async () => {
    const payload = { user: "ada", list: [1, { deep: null }], text: "€ \u{1f680}" };
    const made = await deploy({ environment: environment("one"), payload, task: "deploy:docs",
      description: "The first", transient_environment: true });
    assert.deepEqual(made.payload, payload);
    assert.equal(made.creator.login, "writer");
    assert.ok(made.url.startsWith(`${baseUrl}/repos/demo/shop/deployments/`), made.url);
    const read = await rest.getDeployment({ ...shop, deployment_id: made.id });
    assert.deepEqual(read.data, made);
    assert.deepEqual((await environments("one")).map((one) => one.id), [made.id]);
    const text = await deploy({ environment: environment("text"), payload: '{"a":1}' });
    assert.equal(text.payload, '{"a":1}');
  });

  test("250 deployments are listed by pages, each once, the newest first", async () => {
    const where = { ...shop, environment: "many", per_page: 100 };
    const pages = [];
    for await (const page of octokit.paginate.iterator(rest.listDeployments, where)) {
      pages.push(page.data.length);
    }
    assert.deepEqual(pages, [100, 100, 50]);
    const ids = (await octokit.paginate(rest.listDeployments, { ...where, per_page: 30 }))
      .map((one) => one.id);
    assert.equal(new Set(ids).size, 250);
    assert.deepEqual(ids, ids.toSorted((a, b) => b - a));
  });

  test("statuses are reported, listed and read", async () => {
    const one = { ...shop, deployment_id: (await deploy({ environment: environment("s") })).id };
    const log_url = "https://ci.example.org/1";
    for (const state of ["queued", "in_progress", "success"]) {
      const made = (await rest.createDeploymentStatus({ ...one, state, log_url })).data;
      assert.equal(made.state, state);
      assert.equal(made.target_url, log_url);
      const read = await rest.getDeploymentStatus({ ...one, status_id: made.id });
      assert.deepEqual(read.data, made);
    }
    const states = await octokit.paginate(rest.listDeploymentStatuses, { ...one, per_page: 1 });
    assert.deepEqual(states.map((one) => one.state), ["success", "in_progress", "queued"]);
    await fails(rest.createDeploymentStatus({ ...one, state: "finished" }), 422,
      /finished is not a member of/);
  });

  test("a deployment is deleted once it is inactive", async () => {
    const made = await deploy({ environment: environment("doomed") });
    await deploy({ environment: environment("doomed") });
    const one = { ...shop, deployment_id: made.id };
    await rest.createDeploymentStatus({ ...one, state: "success" });
    const refused = await fails(rest.deleteDeployment(one), 422, "Validation Failed");
    assert.deepEqual(refused.errors, ["We cannot delete an active deployment unless it is the "
      + "only deployment in a given environment."]);
    await rest.createDeploymentStatus({ ...one, state: "inactive" });
    assert.equal((await rest.deleteDeployment(one)).status, 204);
    await fails(rest.getDeployment(one), 404, "Not Found");
  });

  test("202: the default branch is merged, and nothing is deployed", async () => {
    const late = { ref: `late/${number}`, auto_merge: true, environment: environment("late") };
    const merged = await rest.createDeployment({ ...plain, ...late });
    assert.equal(merged.status, 202);
    assert.deepEqual(merged.data,
      { message: `Auto-merged main into late/${number} on deployment.` });
    assert.deepEqual(await environments("late"), []);
    const again = await rest.createDeployment({ ...plain, ...late });
    assert.equal(again.status, 201);
    assert.equal(again.data.ref, `late/${number}`);
  });

  test("409: a conflict is tried four times, and has no effect", async () => {
    const { rest, sent } = connect(baseUrl);
    const clash = { ref: `clash/${number}`, auto_merge: true, environment: environment("clash") };
    const message = `Conflict merging main into clash/${number}.`;
    await fails(rest.createDeployment({ ...plain, ...clash }), 409, message);
    assert.equal(sent.count, 4);
    assert.deepEqual(await environments("clash"), []);
    const unmerged = { ...clash, auto_merge: false };
    assert.equal((await deploy(unmerged)).sha, process.env.ESCLUSA_CLASH_SHA);
  });

  test("409: required contexts are named with their states", async () => {
    const ref = `ahead/${number}`;
    const sha = (await deploy({ ref, environment: environment("sha") })).sha;
    const report = (context, state) =>
      rest.createCommitStatus({ ...shop, sha, context, state });
    await report("ci/build", "success");
    await report("ci/test", "pending");
    const wanted = { ref, required_contexts: undefined, environment: environment("gate") };
    const refused = await fails(rest.createDeployment({ ...plain, ...wanted }), 409,
      `Conflict: Commit status checks failed for ${ref}.`);
    const [error] = refused.errors;
    assert.deepEqual([error.resource, error.field, error.code],
      ["Deployment", "required_contexts", "invalid"]);
    const states = error.contexts.map((one) => `${one.context} ${one.state}`).toSorted();
    assert.deepEqual(states, ["ci/build success", "ci/test pending"]);
    await report("ci/test", "success");
    assert.equal((await deploy(wanted)).ref, ref);
  });

  test("422: an unknown ref, no ref", async () => {
    const before = sent.count;
    await fails(rest.createDeployment({ ...plain, ref: "nope" }), 422, "No ref found for: nope");
    await fails(octokit.request("POST /repos/{owner}/{repo}/deployments", { ...shop }), 422,
      'Invalid request.\n\n"ref" wasn\'t supplied.');
    assert.ok(sent.count >= before + 2);
  });

  test("401 and 404", async () => {
    await fails(connect(baseUrl, "wrong").rest.listDeployments(shop), 401, "Bad credentials");
    await fails(rest.listDeployments({ owner: "demo", repo: "nope" }), 404, "Not Found");
  });

  test("commit statuses are reported, listed and combined", async () => {
    const ref = `ahead/${number + 2}`;
    const sha = (await deploy({ ref, environment: environment("ci") })).sha;
    for (const [context, state] of [["a", "pending"], ["b", "success"], ["A", "success"]]) {
      await rest.createCommitStatus({ ...shop, sha, context, state });
    }
    const listed = await octokit.paginate(rest.listCommitStatusesForRef,
      { ...shop, ref: sha, per_page: 2 });
    assert.deepEqual(listed.map((one) => one.state), ["success", "success", "pending"]);
    const combined = (await rest.getCombinedStatusForRef({ ...shop, ref })).data;
    assert.deepEqual([combined.state, combined.total_count, combined.sha], ["success", 2, sha]);
  });

  test("check runs are created, completed and listed", async () => {
    const { checks } = octokit.rest;
    const ref = `ahead/${number + 4}`;
    const head_sha = (await deploy({ ref, environment: environment("checks") })).sha;
    const made = await checks.create({ ...shop, name: "lint", head_sha, status: "in_progress" });
    const one = { ...shop, check_run_id: made.data.id };
    const done = await checks.update({ ...one, status: "completed", conclusion: "success" });
    assert.equal(done.data.conclusion, "success");
    assert.deepEqual((await checks.get(one)).data, done.data);
    const listed = await octokit.paginate(checks.listForRef, { ...shop, ref, per_page: 1 });
    assert.deepEqual(listed.map((run) => run.name), ["lint"]);
  });

  test("deploy keys are added, listed and deleted", async () => {
    const { octokit, rest } = connect(baseUrl, ESCLUSA_ADMIN);
    const key = publicKey(environment("key"));
    const made = (await rest.createDeployKey({ ...shop, title: "CI", read_only: true,
      key: `${key} ada@shop` })).data;
    assert.deepEqual([made.key, made.title, made.read_only, made.verified, made.enabled],
      [key, "CI", true, true, true]);
    const one = { ...shop, key_id: made.id };
    assert.deepEqual((await rest.getDeployKey(one)).data, made);
    const listed = await octokit.paginate(rest.listDeployKeys, { ...shop, per_page: 1 });
    assert.ok(listed.some((each) => each.id === made.id));
    const refused = await fails(rest.createDeployKey({ ...shop, key }), 422, "Validation Failed");
    assert.equal(refused.errors[0].message, "key is already in use");
    assert.equal((await rest.deleteDeployKey(one)).status, 204);
    await fails(rest.getDeployKey(one), 404, "Not Found");
  });

  test("environments are set up, and what waits there is approved", async () => {
    const { octokit, rest } = connect(baseUrl, ESCLUSA_ADMIN);
    const reviewer = (await octokit.rest.users.getAuthenticated()).data.id;
    const place = { ...shop, environment_name: `${environment("gates")}/eu` };
    const made = (await rest.createOrUpdateEnvironment({ ...place, wait_timer: 0,
      reviewers: [{ type: "User", id: reviewer }],
      deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
    })).data;
    assert.deepEqual(made.protection_rules.map((rule) => rule.type).sort(),
      ["branch_policy", "required_reviewers"]);
    assert.deepEqual((await rest.getEnvironment(place)).data, made);
    const listed = await octokit.paginate(rest.getAllEnvironments, { ...shop, per_page: 1 });
    assert.ok(listed.some((each) => each.id === made.id));
    const policy = (await rest.createDeploymentBranchPolicy({ ...place, name: "main" })).data;
    // A 303 leads to the existing policy.
    const again = await rest.createDeploymentBranchPolicy({ ...place, name: "main" });
    assert.deepEqual([again.status, again.data], [200, policy]);
    assert.deepEqual(await octokit.paginate(rest.listDeploymentBranchPolicies, place), [policy]);
    const held = (await rest.createDeployment({ ...plain, environment: made.name })).data;
    const run = { ...shop, run_id: held.id };
    const { actions } = octokit.rest;
    const [pending] = (await actions.getPendingDeploymentsForRun(run)).data;
    assert.deepEqual([pending.environment.id, pending.current_user_can_approve], [made.id, true]);
    const [released] = (await actions.reviewPendingDeploymentsForRun({ ...run, state: "approved",
      environment_ids: [made.id], comment: "Go" })).data;
    assert.equal(released.id, held.id);
    assert.equal((await actions.getReviewsForRun(run)).data[0].comment, "Go");
    assert.equal((await rest.deleteAnEnvironment(place)).status, 204);
    await fails(rest.getEnvironment(place), 404, "Not Found");
  });
}
