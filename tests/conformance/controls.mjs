// Checks the judge: good exchanges get one error each, and it must detect each.

const first = (exchanges, operation, status, also = () => true) => {
  const fits = (one) => one.operation === operation && one.status === status && also(one);
  const found = exchanges.find(fits);
  if (!found) throw new Error(`no good exchange of ${operation} gave ${status}`);
  return structuredClone(found);
};
const deployments = "/repos/{owner}/{repo}/deployments";
const list = `GET ${deployments}`;
const create = `POST ${deployments}`;
const report = `POST ${deployments}/{deployment_id}/statuses`;
const VERSION = "x-github-api-version-selected";
const hooks = "/repos/{owner}/{repo}/hooks";
const hook = `POST ${hooks}`;
const delivery = `GET ${hooks}/{hook_id}/deliveries/{delivery_id}`;
const remove = `DELETE ${deployments}/{deployment_id}`;
const customRule = "GET /repos/{owner}/{repo}/environments/{environment_name}"
  + "/deployment_protection_rules/{protection_rule_id}";
const answer = "POST /repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule";

const json = (change) => (exchange) => {
  const body = JSON.parse(exchange.body);
  change(body);
  exchange.body = JSON.stringify(body);
};
const header = (name, value) => (exchange) => {
  exchange.headers = exchange.headers.filter(([one]) => one.toLowerCase() !== name.toLowerCase());
  if (value !== undefined) exchange.headers.push([name, value]);
};

// [the error, operation, status, function that makes it]
const CONTROLS = [
  ["a string where a number belongs", create, 201, json((b) => (b.id = String(b.id)))],
  ["a member is missing", create, 201, json((b) => delete b.sha)],
  ["a member that GitHub does not have", create, 201, json((b) => (b.secret_member = 1))],
  ["such a member deep inside", create, 201, json((b) => (b.creator.password = "x"))],
  ["null where it may not be", report, 201, json((b) => (b.description = null))],
  ["a time with fractions", create, 201, json((b) => (b.created_at = "2026-01-01T00:00:00.5Z"))],
  ["a time that is none", report, 201, json((b) => (b.updated_at = "yesterday"))],
  ["a link that is no URI", create, 201, json((b) => (b.url = "not a link"))],
  ["a link to another host", create, 201, json((b) => (b.url = "http://elsewhere.example/x"))],
  ["an unknown state", report, 201, json((b) => (b.state = "finished"))],
  ["a description of 141 characters", report, 201, json((b) => (b.description = "x".repeat(141)))],
  ["an old node id", create, 201, json((b) => (b.node_id = "MDEwOkRlcGxveW1lbnQx"))],
  ["a body that is no JSON", create, 201, (e) => (e.body = "<html>")],
  ["an object in place of a list", list, 200, (e) => (e.body = "{}")],
  ["a body after 204", remove, 204, (e) => (e.body = "{}")],
  ["an undocumented status", create, 201, (e) => (e.status = e.expects = 200)],
  ["another status than expected", create, 422, (e) => (e.expects = 409)],
  ["no ETag", create, 201, header("ETag")],
  ["an ETag on an error", create, 422, header("ETag", `"${"0".repeat(64)}"`)],
  ["Cache-Control on 204", remove, 204, header("Cache-Control", "private")],
  ["no Location", create, 201, header("Location")],
  ["a redirect to the old name", list, 301, header("Location", "http://127.0.0.1/repos/demo/x")],
  ["text in place of JSON", create, 201, header("Content-Type", "text/plain")],
  ["no request id", create, 422, header("X-GitHub-Request-Id")],
  ["no scopes", list, 200, header("X-OAuth-Scopes")],
  ["other accepted scopes", list, 200, header("X-Accepted-OAuth-Scopes", "repo")],
  ["another version than asked for", list, 200, header(VERSION, "2020-01-01")],
  ["Last-Modified on a list", list, 200, header("Last-Modified", "Sat, 21 Nov 2026 04:39:05 GMT")],
  ["an error without status", create, 422, json((b) => delete b.status)],
  ["a status that is a number", create, 422, json((b) => (b.status = 422))],
  ["another page of the documentation", create, 422, json((b) => (b.documentation_url += "s"))],
  ["errors that are one string", create, 422, json((b) => (b.errors = "Validation failed"))],
  ["a hook without its configuration", hook, 201, json((b) => delete b.config)],
  ["a hook with a secret in the clear", hook, 201, json((b) => (b.config.secret = "s3cret"))],
  ["a hook that leads elsewhere", hook, 201, json((b) => (b.ping_url = "http://127.0.0.1/"))],
  ["a member of a hook that nobody has", hook, 201, json((b) => (b.owner = "ada"))],
  ["a configuration in place of a hook", `GET ${hooks}/{hook_id}`, 200,
    json((b) => Object.keys(b).forEach((key) => key === "id" || delete b[key]))],
  ["a body after a ping", `POST ${hooks}/{hook_id}/pings`, 204, (e) => (e.body = "{}")],
  ["a delivery that took a text", `GET ${hooks}/{hook_id}/deliveries`, 200,
    json((b) => (b[0].duration = "0.1"))],
  ["a delivery without its request", delivery, 200, json((b) => delete b.request)],
  ["an answer to a redelivery that is none", `POST ${delivery.slice(4)}/attempts`, 202,
    (e) => (e.body = "[]")],
  ["the node id of another app", "GET /app", 200,
    json((b) => (b.node_id = btoa(`011:Integration${b.id + 1}`)))],
  ["a custom rule without its app", customRule, 200, json((b) => delete b.app)],
  ["a custom rule with a secret", customRule, 200, json((b) => (b.app.client_secret = "x"))],
  ["a body after an app's answer", answer, 204, (e) => (e.body = "{}")],
  ["a conflict that names no contexts", create, 409, json((b) => (b.errors = []))],
];

// A member that the newer version no longer has, deep inside.
const combined = "GET /repos/{owner}/{repo}/commits/{ref}/status";
const HAS_DOWNLOADS = ["a member that the newer version has dropped", "2026-03-10"];

// Links need a list with pages.
const LINKS = [
  ["Link in another order", (value) => value.split(", ").reverse().join(", ")],
  ["Link to the repository's name", (value) => value.replace(/repositories\/\d+/g, "repos/o/r")],
];

// [sentence, whether the judge detected it] for each.
export function runControls(exchanges, judge) {
  const seen = [];
  for (const [what, operation, status, spoil] of CONTROLS) {
    const exchange = first(exchanges, operation, status);
    spoil(exchange);
    seen.push([what, judge(exchange).length > 0]);
  }
  for (const [what, change] of LINKS) {
    const exchange = first(exchanges, list, 200, (one) => one.links);
    const link = exchange.headers.find(([name]) => name.toLowerCase() === "link");
    header("Link", change(link?.[1] ?? ""))(exchange);
    seen.push([what, judge(exchange).length > 0]);
  }
  const [what, version] = HAS_DOWNLOADS;
  const exchange = first(exchanges, combined, 200, (one) => one.version === version);
  json((body) => (body.repository.has_downloads = true))(exchange);
  seen.push([what, judge(exchange).length > 0]);
  return seen;
}
