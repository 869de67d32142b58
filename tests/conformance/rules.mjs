// The rules: the errors in one recorded exchange, as a list of sentences.
import { describeError, openapi, RestSchemas } from "./schemas.mjs";
import * as tables from "./tables.mjs";

const schemasOf = new Map();

// The schemas of a version of the API.
function schemas(version) {
  if (!schemasOf.has(version)) schemasOf.set(version, new RestSchemas(true, version));
  return schemasOf.get(version);
}

const METHODS = ["get", "post", "put", "patch", "delete"];

// Every operation of the description that must be covered: "GET /repos/…" → its description.
export function wantedOperations() {
  const base = "/repos/{owner}/{repo}/";
  const wanted = new Map();
  for (const [path, item] of Object.entries(openapi.paths)) {
    const fits = (prefix) =>
      prefix.endsWith("$") ? path === base + prefix.slice(0, -1) : path.startsWith(base + prefix);
    const all = tables.PREFIXES.some(fits) || tables.ORGANIZATION_PATHS.includes(path);
    for (const method of METHODS) {
      const operation = `${method.toUpperCase()} ${path}`;
      if (!item[method] || !(all || tables.OPERATIONS.includes(operation))) continue;
      wanted.set(operation, item[method]);
    }
  }
  return wanted;
}

const methodOf = (operation) => operation.split(" ")[0];
const holds = (rule, operation) => rule.of === "all" || rule.of.includes(methodOf(operation));

function response(description, status) {
  const found = description.responses[status];
  if (!found?.$ref) return found;
  return openapi.components.responses[found.$ref.split("/").at(-1)];
}

// The statuses that must occur for an operation, and those that cannot occur: a map to the reason.
export function statusesOf(operation, description) {
  const documented = Object.keys(description.responses).map(Number);
  const general = Object.entries(tables.GENERAL).filter(([, rule]) => holds(rule, operation));
  const all = new Set([...documented, ...general.map(([status]) => Number(status))]);
  const cannot = new Map();
  for (const entry of tables.CANNOT) {
    const here = [operation, `${methodOf(operation)} *`];
    if (entry.but?.includes(operation)) continue;
    if (entry.operations.some((one) => here.includes(one)) && all.delete(entry.status)) {
      cannot.set(entry.status, entry.reason);
    }
  }
  return { must: [...all].sort((a, b) => a - b), cannot };
}

// ------------------------------------------------------------------ headers

const HEX64 = /^(W\/)?"[0-9a-f]{64}"$/;
const ALWAYS = {
  "x-github-request-id": /^[0-9A-F]+(:[0-9A-F]+){4}$/,
  "access-control-allow-origin": /^\*$/,
  "access-control-expose-headers": /ETag, Link, Location, Retry-After/,
  "x-content-type-options": /^nosniff$/,
  "x-frame-options": /^deny$/,
  "content-security-policy": /^default-src 'none'$/,
};

function* headerErrors(exchange, headers, description) {
  const { status, operation } = exchange;
  const has = (name) => headers.has(name);
  const must = function* (name, pattern) {
    if (!has(name)) yield `the header ${name} is missing`;
    else if (!pattern.test(headers.get(name))) yield `${name}: ${headers.get(name)}`;
  };
  const mustNot = function* (name) {
    if (has(name)) yield `the header ${name} does not belong to ${status}`;
  };
  for (const [name, pattern] of Object.entries(ALWAYS)) yield* must(name, pattern);
  const done = [200, 201, 202].includes(status);
  const media = done ? exchange.media : `(unknown, github\\.v3|${exchange.media})`;
  yield* must("x-github-media-type", new RegExp(`^${media}$`));
  if (done) yield* must("x-github-api-version-selected", new RegExp(`^${exchange.version}$`));

  if (status === 204 || status === 302) yield* mustNot("content-type");
  else if (status !== 304) yield* must("content-type", /^application\/json; charset=utf-8$/);
  if ([200, 201, 304].includes(status)) yield* must("etag", HEX64);
  if ([200, 201].includes(status)) {
    yield* must("vary", /Accept, Authorization, Cookie, X-GitHub-OTP/);
    const who = ["valid", "app"].includes(exchange.token) ? "private" : "(public|private)";
    yield* must("cache-control", new RegExp(`^${who}, max-age=60, s-maxage=60$`));
  }
  if (status === 204 || status >= 400) {
    for (const name of ["etag", "cache-control", "last-modified"]) yield* mustNot(name);
  }
  if (exchange.token === "valid") {
    yield* must("x-oauth-scopes", /^([a-z_:]+(, [a-z_:]+)*)?$/);
    const scopes = tables.ACCEPTED_SCOPES[operation];
    const seen = scopes === undefined ? /^[a-z_:, ]*$/ : new RegExp(`^${scopes}$`);
    yield* must("x-accepted-oauth-scopes", seen);
  } else {
    yield* mustNot("x-oauth-scopes");
  }
  for (const name of Object.keys(response(description, status)?.headers ?? {})) {
    if (name !== "Link") yield* must(name.toLowerCase(), /./);
  }
  // A token has no address.
  const hasAddress = status === 201 && !operation.endsWith("/access_tokens");
  if (hasAddress) yield* must("location", new RegExp(`^${exchange.base}/`));
  if ([200, 201].includes(status) && operation in tables.LAST_MODIFIED) {
    const there = tables.LAST_MODIFIED[operation];
    const date = /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/;
    yield* there ? must("last-modified", date) : mustNot("last-modified");
  }
  yield* linkErrors(exchange, headers.get("link"));
}

// For a team by its id: the documentation page of the same operation by its slug, not the legacy
// page.
function documentationBySlug(operation) {
  const [method, path] = operation.replace("/teams/{team_id}", "/orgs/{org}/teams/{team_slug}")
    .split(" ");
  return openapi.paths[path]?.[method.toLowerCase()]?.externalDocs.url;
}

// The beginning of the addresses of a list's pages.
function rootOf(operation) {
  if (operation.includes(" /orgs/{org}/")) return "orgs/[^/?]+";
  if (operation.includes(" /user/")) return "user";
  if (/ \/app\b| \/installation\//.test(operation)) return "(app|installation)";
  if (operation.includes(" /users/")) return "users/[^/?]+";
  return operation.includes(" /teams/{team_id}/") ? "teams/\\d+" : "repositories/\\d+";
}

function* linkErrors(exchange, link) {
  const wanted = exchange.links ?? [];
  const parts = link ? link.split(", ") : [];
  const seen = parts.map((part) => part.match(/^<([^<>]+)>; rel="(\w+)"$/)?.[2]);
  if (seen.join() !== wanted.join()) {
    yield `Link has the relations [${seen}], and not [${wanted}]`;
  }
  const root = rootOf(exchange.operation);
  const prefix = new RegExp(`^<${exchange.base}/${root}/[^?]+\\?`);
  for (const part of parts) if (!prefix.test(part)) yield `Link: ${part}`;
}

// ------------------------------------------------------------------ bodies

// The schema of a status: the operation's own, or the one that GitHub documents for all operations.
function validatorOf(exchange, description) {
  const { status, operation } = exchange;
  const strict = schemas(exchange.version);
  if (operation === "GET /app/installations" && status === 200) {
    return strict.of({ type: "array", items: { $ref: "#/components/schemas/installation" } });
  }
  const content = response(description, status)?.content?.["application/json"];
  if (content) return strict.of(content.schema);
  if (status === 409 && operation.endsWith("/deployments")) return strict.of(tables.CONFLICT);
  return strict.named(status === 422 ? "validation-error" : "basic-error");
}

function* bodyErrors(exchange, description) {
  const { status, body } = exchange;
  if ([204, 302, 304].includes(status) || exchange.method === "HEAD") {
    if (body !== "") yield `there is a body (${body.length} bytes)`;
    return;
  }
  let json;
  try {
    json = JSON.parse(body);
  } catch {
    yield `the body is no JSON: ${body.slice(0, 80)}`;
    return;
  }
  if (status >= 400) {
    for (const name of tables.OURS) delete json[name];
  }
  if (/\/hooks(\/\{hook_id\})?$/.test(exchange.operation) && status < 300) {
    for (const hook of [json].flat()) for (const name of tables.OURS_OF_HOOKS) delete hook[name];
  }
  if (/\/keys(\/\{key_id\})?$/.test(exchange.operation) && status < 300) {
    for (const key of [json].flat()) for (const name of tables.OURS_OF_KEYS) delete key[name];
  }
  if (/\/environments(\/\{environment_name\})?$/.test(exchange.operation) && status < 300) {
    for (const one of json.environments ?? [json]) {
      for (const name of tables.UNDESCRIBED_OF_ENVIRONMENTS) delete one[name];
      for (const rule of one.protection_rules) {
        for (const name of tables.OURS_OF_RULES) delete rule[name];
      }
    }
  }
  const validate = validatorOf(exchange, description);
  if (!validate(json)) {
    for (const error of validate.errors) {
      if (!allowed(error, status)) yield `the body: ${describeError(error)}`;
    }
  }
  if (status >= 400) yield* errorBodyErrors(exchange, json, description);
  else if (status >= 300) yield* redirectErrors(json, exchange, description);
  yield* memberErrors(json, exchange, "");
}

// Errors in the description that are tolerated (see FLAWS).
function allowed(error, status) {
  const { keyword, instancePath, params } = error;
  if (status === 422 && instancePath === "" && params?.additionalProperty === "status") return true;
  return keyword === "enum" && instancePath.endsWith("/state") && error.data === "waiting";
}

function* errorBodyErrors(exchange, json, description) {
  const { status, says } = exchange;
  for (const name of ["message", "documentation_url", "status"]) {
    if (typeof json[name] !== "string") yield `an error has no ${name}`;
  }
  if (json.status !== String(status)) yield `status in the body is ${JSON.stringify(json.status)}`;
  const root = "https://docs.github.com/rest";
  const own = description.externalDocs.url;
  const fitting = [root, own, own.replace("rest/reference/checks#", "rest/checks/runs#"),
    own.replace("/enterprise-server@3.9/", "/"), documentationBySlug(exchange.operation)];
  if (!fitting.includes(json.documentation_url)) {
    yield `documentation_url is ${json.documentation_url}, the description has ${own}`;
  }
  if (says && !json.message?.includes(says)) {
    yield `the message is ${JSON.stringify(json.message)}, and not ${JSON.stringify(says)}`;
  }
}

// GitHub's two redirects: the repository has moved, or the resource exists already.
function* redirectErrors(json, exchange, description) {
  const location = exchange.headers.find(([name]) => name.toLowerCase() === "location")?.[1];
  if (json.url !== location) yield `url is ${json.url}, and not that of Location`;
  const [message, page] = exchange.status === 303
    ? ["See Other", description.externalDocs.url]
    : ["Moved Permanently", "https://docs.github.com/v3/#http-redirects"];
  if (json.message !== message) yield `the message is ${json.message}`;
  if (json.documentation_url !== page) yield `documentation_url is ${json.documentation_url}`;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const NODE_ID = /^[A-Z]+_[A-Za-z0-9_-]+$/;
// GitHub's older node ids, which apps have.
const nodeIdOfApp = (id) => Buffer.from(`011:Integration${id}`).toString("base64");
// Links that a caller chose, or that do not lead to the API.
const ELSEWHERE = [
  ..."target_url log_url environment_url details_url external_url".split(" "),
  ..."html_url documentation_url avatar_url ssh_url git_url clone_url svn_url".split(" "),
];

// Also the URL of a webhook's receiver, in its configuration and in its deliveries.
const RECEIVERS = /\/hooks.* .*\/config\/url$|\/config \/url$|\{delivery_id\} \/url$/;

// Checks members by name, because the schemas do not restrict times, links and node ids enough.
function* memberErrors(json, exchange, path) {
  const { base, operation } = exchange;
  if (json === null || typeof json !== "object") return;
  for (const [name, value] of Object.entries(json)) {
    const here = `${path}/${name}`;
    if (name === "payload") continue; // the caller's own data
    if (typeof value === "object") yield* memberErrors(value, exchange, here);
    if (typeof value !== "string") continue;
    const instant = !name.endsWith("_at") || INSTANT.test(value);
    if (!instant) yield `the body: ${here} is the time ${value}`;
    const isNodeId = NODE_ID.test(value) || value === nodeIdOfApp(json.id);
    if (name === "node_id" && !isNodeId) yield `the body: ${here} is ${value}`;
    if (name === "secret" && value !== "********") yield `the body: ${here} is a secret`;
    if (name === "url" && RECEIVERS.test(`${operation} ${here}`)) continue;
    const link = name === "url" || (name.endsWith("_url") && !ELSEWHERE.includes(name));
    if (link && !value.startsWith(`${base}/`)) {
      yield `the body: ${here} leads out of ${base}: ${value}`;
    }
  }
}

// ------------------------------------------------------------------ all of it

export function violations(exchange, operations) {
  const description = operations.get(exchange.operation);
  if (!description) return [`there is no operation ${exchange.operation} in the description`];
  const found = [];
  const { status } = exchange;
  const rule = tables.GENERAL[status];
  const isSeen = tables.UNDOCUMENTED[exchange.operation] === status;
  if (!(status in description.responses || isSeen) && !(rule && holds(rule, exchange.operation))) {
    found.push(`${status} is not documented`);
  }
  if (status !== exchange.expects) {
    return [...found, `the answer is ${status}, and not ${exchange.expects}`];
  }
  const headers = new Map(exchange.headers.map(([name, value]) => [name.toLowerCase(), value]));
  found.push(...headerErrors(exchange, headers, description));
  if (status === 301 || status === 307) {
    const to = headers.get("location") ?? "";
    const query = new URL(exchange.url).search;
    const good = to.startsWith(`${exchange.base}/repositories/`) && to.endsWith(query);
    if (!good) found.push(`Location: ${to}`);
  }
  found.push(...bodyErrors(exchange, description));
  return [...new Set(found)];
}
