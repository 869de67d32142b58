// Checks the bodies of events against GitHub's two descriptions of webhooks, and checks itself with
// spoiled ones.
//
//   node events.mjs RECEIVED.jsonl
//
// RECEIVED.jsonl is a receiver's file (tests/e2e/receiver.py). A row beginning with `ok` or `FAIL`
// is printed for each negative control, each kind of event, and each tolerated difference. Exit
// code 1 unless all kinds are present and none violates a description.
import { readFileSync } from "node:fs";
import { describeError, PACKAGES, webhookValidator } from "./schemas.mjs";

// Every kind of event that the server sends.
const KINDS = [
  "deployment.created", "deployment_status.created", "deployment_review.requested",
  "deployment_review.approved", "deployment_review.rejected",
  "deployment_protection_rule.requested", "status", "check_run.created", "check_run.completed",
  "deploy_key.created", "deploy_key.deleted", "push", "ping", "meta.deleted",
];

// The contradictions between the two descriptions, so that no body can satisfy both; each with the
// description that we follow (docs/decisions/0010-event-schemas.md).
const DIFFERENCES = [
  {
    id: "verified_at",
    follows: "openapi-webhooks",
    allows: (kind, error) =>
      kind === "status" && error.instancePath === "/commit/commit/verification" &&
      error.params.additionalProperty === "verified_at",
  },
  {
    id: "empty-environment_url",
    follows: "webhooks-schemas",
    allows: (kind, error, body) =>
      kind === "deployment_status.created" && error.keyword === "format" &&
      error.instancePath === "/deployment_status/environment_url" &&
      body.deployment_status.environment_url === "",
  },
  {
    id: "payload-text",
    follows: "openapi-webhooks",
    allows: (kind, error, body) =>
      kind.startsWith("deployment") && error.instancePath === "/deployment/payload" &&
      error.keyword === "type" && typeof body.deployment.payload === "string",
  },
  {
    id: "ping-of-an-app",
    follows: "openapi-webhooks",
    allows: (kind, error, body) =>
      kind === "ping" && body.hook?.type === "App" &&
      (/^\/hook\/(type$|events)/.test(error.instancePath) ||
        ["url", "ping_url"].includes(error.params.missingProperty)),
  },
];

const kindOf = ({ event, body }) => (body.action ? `${event}.${body.action}` : event);

// [description, error, difference or undefined] for each violation of a description.
function objections(event) {
  const kind = kindOf(event);
  const found = [];
  for (const name of PACKAGES) {
    const validate = webhookValidator(name, kind);
    if (validate(event.body)) continue;
    for (const error of validate.errors) {
      const fits = (one) => one.follows !== name && one.allows(kind, error, event.body);
      found.push([name, error, DIFFERENCES.find(fits)]);
    }
  }
  return found;
}

const violations = (event) => objections(event).filter(([, , difference]) => !difference);

// [the error, kind, function that makes it]; each must be detected.
const CONTROLS = [
  ["no repository", "deployment.created", (b) => delete b.repository],
  ["no workflow", "deployment.created", (b) => delete b.workflow],
  ["a number as a text", "deployment.created", (b) => (b.deployment.id = String(b.deployment.id))],
  ["an unknown member", "deployment.created", (b) => (b.esclusa = 1)],
  ["a user's newer member", "deployment.created", (b) => (b.sender.user_view_type = "public")],
  ["a state that is none", "deployment_status.created", (b) => (b.deployment_status.state = "up")],
  ["a null in place of nothing", "deployment_status.created", (b) => (b.workflow = null)],
  ["a link that is none", "deployment_status.created", (b) => (b.deployment_status.log_url = "")],
  ["no job", "deployment_review.requested", (b) => delete b.workflow_job_run],
  ["no run", "deployment_review.approved", (b) => (b.workflow_run = null)],
  ["no commit", "deployment_review.rejected", (b) => delete b.workflow_run.head_commit],
  ["no sender", "deployment_protection_rule.requested", (b) => delete b.sender],
  ["an installation without a node id", "deployment_protection_rule.requested",
    (b) => delete b.installation.node_id],
  ["a way to answer that is no link", "deployment_protection_rule.requested",
    (b) => (b.deployment_callback_url = "")],
  ["null in place of pull requests", "deployment_protection_rule.requested",
    (b) => (b.pull_requests = null)],
  ["a commit beside the deployment", "deployment_protection_rule.requested",
    (b) => (b.sha = b.deployment.sha)],
  ["no branches", "status", (b) => delete b.branches],
  ["not when it was verified", "status", (b) => delete b.commit.commit.verification.verified_at],
  ["no tree", "status", (b) => delete b.commit.commit.tree],
  ["no app", "check_run.created", (b) => (b.check_run.app = null)],
  ["half a suite", "check_run.completed", (b) => delete b.check_run.check_suite.head_sha],
  ["a suite that was skipped", "check_run.completed",
    (b) => (b.check_run.check_suite.conclusion = "skipped")],
  ["no end", "check_run.completed", (b) => (b.check_run.completed_at = null)],
  ["no head", "push", (b) => delete b.head_commit],
  ["a commit without its files", "push", (b) => delete b.commits[0].added],
  ["no pusher", "push", (b) => delete b.pusher],
  ["no hook", "ping", (b) => delete b.hook],
  ["an organization", "meta.deleted", (b) => (b.organization = {})],
  ["a link to what is gone", "meta.deleted", (b) => (b.hook.url = "http://127.0.0.1/")],
];

let failed = 0;
function row(good, ...columns) {
  console.log(`${good ? "ok  " : "FAIL"} ${columns.join("  ")}`);
  if (!good) failed += 1;
}

function judgeTheJudge(events) {
  for (const [what, kind, spoil] of CONTROLS) {
    const good = events.find((one) => kindOf(one) === kind && violations(one).length === 0);
    if (!good) {
      row(false, `control: ${what}: there is no good ${kind}`);
      continue;
    }
    const spoiled = structuredClone(good);
    spoil(spoiled.body);
    row(violations(spoiled).length > 0, `control: ${what} (${kind})`);
  }
}

function main([file]) {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  const events = lines.map(({ event, body }) => ({ event, body: JSON.parse(body) }));
  judgeTheJudge(events);
  console.log();
  const other = lines.filter(({ body }) => JSON.stringify(JSON.parse(body)) !== body);
  row(other.length === 0, `${lines.length} bodies are as JSON.stringify writes them`,
    other.map(({ event }) => event).join(" "));
  const used = new Map(DIFFERENCES.map(({ id }) => [id, 0]));
  for (const kind of [...new Set([...KINDS, ...events.map(kindOf)])]) {
    const of = events.filter((one) => kindOf(one) === kind);
    const against = of.flatMap(objections);
    const bad = against.filter(([, , difference]) => !difference);
    for (const [, , difference] of against) {
      if (difference) used.set(difference.id, used.get(difference.id) + 1);
    }
    const known = KINDS.includes(kind);
    row(known && of.length > 0 && bad.length === 0, kind.padEnd(26),
      `${of.length} received`.padStart(12), `${bad.length} violations`.padStart(13));
    const texts = bad.map(([name, error]) => `       ${name}: ${describeError(error)}`);
    for (const text of new Set(texts)) console.log(text);
  }
  console.log("\nDifferences between the two (docs/decisions/0010-event-schemas.md):");
  // A difference that no longer occurs must be removed.
  for (const { id, follows } of DIFFERENCES) {
    row(used.get(id) > 0, id.padEnd(26), `as ${follows} has it`, `met ${used.get(id)} times`);
  }
  return failed > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
