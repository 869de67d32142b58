// Judges JSON files by GitHub's published schemas.
//
//   cd tests/schemas && npm ci               once
//   node validate.mjs webhook deployment FILE...           an event's body, by its name
//   node validate.mjs rest deployment FILE...              an answer, by the name of its schema
//   node validate.mjs rest 'list of deployment' FILE...    an array of it
//   node validate.mjs strict deployment FILE...            rest, and lists members that the schema
//                                                          does not name (some are ours)
//   node validate.mjs list                                 the names that there are
//
// `-` is standard input. Exit code 1 when a file does not fit. Webhook names are event names
// (deployment, deployment_status, ping, …) or definitions (deployment$created); for an answer the
// names of components.schemas in GitHub's OpenAPI description. The versions in package.json are
// exact, so that the judgement changes only when somebody changes it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const require = createRequire(import.meta.url);
const webhooks = () => require("@octokit/webhooks-schemas/schema.json");
const openapi = () => require("@octokit/openapi/generated/api.github.com.json");

function makeAjv() {
  // The schemas carry annotations (tsAdditionalProperties, example) that ajv does not know.
  const ajv = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true });
  addFormats(ajv);
  // GitHub's own formats say nothing about form.
  for (const name of ["timestamp", "repo.nwo", "ssh-url"]) ajv.addFormat(name, true);
  return ajv;
}

// OpenAPI 3.0 says `nullable: true` where JSON Schema says `type: [..., "null"]`; a `$ref` hides
// its neighbours in both. `strict` also shuts objects for members that they do not name.
function toJsonSchema(node, strict) {
  if (Array.isArray(node)) return node.map((child) => toJsonSchema(child, strict));
  if (node === null || typeof node !== "object") return node;
  const { nullable, example, examples, ...rest } = node;
  const made = {};
  for (const [key, child] of Object.entries(rest)) {
    made[key] =
      key === "properties"
        ? Object.fromEntries(Object.entries(child).map(([k, v]) => [k, toJsonSchema(v, strict)]))
        : key === "enum" || key === "default"
          ? child
          : toJsonSchema(child, strict);
  }
  if (strict && made.properties && made.additionalProperties === undefined) {
    made.additionalProperties = false;
  }
  // Links whose default is "" come back as "" from GitHub, although that is no URI.
  if (made.format === "uri" && made.default === "") return { anyOf: [{ const: "" }, made] };
  if (!nullable) return made;
  return { anyOf: [{ type: "null" }, made] };
}

function webhookValidator(name) {
  const ajv = makeAjv();
  ajv.addSchema(webhooks(), "webhooks");
  const definitions = webhooks().definitions;
  const definition = [`${name}_event`, `${name}$event`, name].find((key) => key in definitions);
  if (!definition) throw new Error(`no webhook schema is called ${name}`);
  // As a pointer in a URL: both its escapes and the URL's.
  return ajv.compile({ $ref: `webhooks#/definitions/${encodeURIComponent(definition)}` });
}

function restValidator(name, strict) {
  const list = name.startsWith("list of ");
  const bare = list ? name.slice("list of ".length) : name;
  const schemas = openapi().components.schemas;
  if (!(bare in schemas)) throw new Error(`components.schemas has no ${bare}`);
  const ajv = makeAjv();
  ajv.addSchema({ components: { schemas: toJsonSchema(schemas, strict) } }, "openapi");
  const one = { $ref: `openapi#/components/schemas/${encodeURIComponent(bare)}` };
  return ajv.compile(list ? { type: "array", items: one } : one);
}

function describe(error) {
  const detail = error.params.additionalProperty ?? error.params.allowedValues ?? "";
  return `  ${error.instancePath || "/"} ${error.message} ${detail}`.trimEnd();
}

function main([family, name, ...files]) {
  if (family === "list") {
    console.log("webhook:", Object.keys(webhooks().definitions).join(" "));
    console.log("rest:", Object.keys(openapi().components.schemas).join(" "));
    return 0;
  }
  if (!["webhook", "rest", "strict"].includes(family) || files.length === 0) {
    console.error("usage: validate.mjs webhook|rest|strict NAME FILE... (see the top of the file)");
    return 2;
  }
  const validate =
    family === "webhook" ? webhookValidator(name) : restValidator(name, family === "strict");
  let failed = 0;
  for (const file of files) {
    const fits = validate(JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8")));
    console.log(`${fits ? "ok  " : "FAIL"} ${family} ${name}: ${file}`);
    if (fits) continue;
    failed += 1;
    console.log([...new Set(validate.errors.map(describe))].join("\n"));
  }
  return failed > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
