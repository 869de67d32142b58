// GitHub's published schemas as validators: of the REST API (OpenAPI) and of the webhooks.
import { createRequire } from "node:module";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const require = createRequire(import.meta.url);
export const openapi = require("@octokit/openapi/generated/api.github.com.json");
export const webhooks = () => require("@octokit/webhooks-schemas/schema.json");
export const openapiWebhooks = () =>
  require("@octokit/openapi-webhooks/generated/api.github.com.json");

export function makeAjv() {
  // ajv does not know the annotations of the schemas (tsAdditionalProperties, example).
  const ajv = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true });
  addFormats(ajv);
  // GitHub's own formats do not restrict the text.
  for (const name of ["timestamp", "repo.nwo", "ssh-url"]) ajv.addFormat(name, true);
  return ajv;
}

// The changes that a version of the API makes to a schema: a JSON merge patch (JSON patches, which
// are lists, concern none of our operations).
function changedBy(node, version) {
  const merge = (target, patch) => {
    if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
    const made = { ...target };
    for (const [key, value] of Object.entries(patch)) {
      if (value === null) delete made[key];
      else made[key] = merge(made[key], value);
    }
    return made;
  };
  const changes = node["x-github-breaking-changes"] ?? [];
  return changes
    .filter((change) => change.version <= version && !Array.isArray(change.patch))
    .reduce((made, change) => merge(made, change.patch), node);
}

// OpenAPI 3.0 has `nullable: true` where JSON Schema has `type: [..., "null"]`; in both, a `$ref`
// hides its siblings. `strict` also forbids members that an object's schema does not name. What an
// `allOf` adds to a named schema is not the whole object.
function toJsonSchema(node, strict, version) {
  const convert = (child) => toJsonSchema(child, strict, version);
  if (Array.isArray(node)) return node.map(convert);
  if (node === null || typeof node !== "object") return node;
  const { nullable, example, examples, ...rest } = changedBy(node, version);
  const made = {};
  for (const [key, child] of Object.entries(rest)) {
    made[key] =
      key === "properties"
        ? Object.fromEntries(Object.entries(child).map(([k, v]) => [k, convert(v)]))
        : key === "enum" || key === "default"
          ? child
          : key === "allOf"
            ? child.map((part) => toJsonSchema(part, strict && "$ref" in part, version))
            : convert(child);
  }
  if (strict && made.properties && made.additionalProperties === undefined) {
    made.additionalProperties = false;
  }
  // For links whose default is "" GitHub answers "", although that is not a URI.
  if (made.format === "uri" && made.default === "") return { anyOf: [{ const: "" }, made] };
  if (!nullable) return made;
  return { anyOf: [{ type: "null" }, made] };
}

// Makes validators for schemas of the OpenAPI description; references to its components work.
export class RestSchemas {
  constructor(strict, version = "2022-11-28") {
    this.convert = (schema) => toJsonSchema(schema, strict, version);
    this.ajv = makeAjv();
    const schemas = this.convert(openapi.components.schemas);
    this.ajv.addSchema({ components: { schemas } }, "openapi");
    this.made = new Map();
  }

  named(name) {
    if (!(name in openapi.components.schemas)) throw new Error(`there is no schema ${name}`);
    return this.of({ $ref: `#/components/schemas/${encodeURIComponent(name)}` });
  }

  of(schema) {
    const key = JSON.stringify(schema);
    if (!this.made.has(key)) {
      const text = JSON.stringify(this.convert(schema));
      const outside = text.replaceAll('"$ref":"#/', '"$ref":"openapi#/');
      this.made.set(key, this.ajv.compile(JSON.parse(outside)));
    }
    return this.made.get(key);
  }
}

// The two descriptions of webhooks: the older one, which forbids unknown members, and the current
// one, which allows them.
export const PACKAGES = ["webhooks-schemas", "openapi-webhooks"];
const made = new Map();

function definitionsOf(name) {
  const ajv = made.get(name) ?? makeAjv();
  if (made.has(name)) return ajv;
  made.set(name, ajv);
  // OpenAPI 3.1 uses JSON Schema.
  return ajv.addSchema(name === "webhooks-schemas" ? webhooks() : openapiWebhooks(), name);
}

// The validator of a kind of event (`deployment.created`, `push`) in one of the packages.
export function webhookValidator(name, kind) {
  const [event, action] = kind.split(".");
  let pointer;
  if (name === "webhooks-schemas") {
    const key = action ? `${event}$${action}` : `${event}$event`;
    if (!(key in webhooks().definitions)) throw new Error(`${name} has no ${key}`);
    // A JSON pointer in a URL needs the escapes of both.
    pointer = `definitions/${encodeURIComponent(key)}`;
  } else {
    const key = `webhook-${kind.replaceAll(/[._]/g, "-")}`;
    if (!(key in openapiWebhooks().components.schemas)) throw new Error(`${name} has no ${key}`);
    pointer = `components/schemas/${key}`;
  }
  const ajv = definitionsOf(name);
  return ajv.getSchema(`${name}#/${pointer}`) ?? ajv.compile({ $ref: `${name}#/${pointer}` });
}

export function describeError(error) {
  const detail = error.params.additionalProperty ?? error.params.allowedValues ?? "";
  return `${error.instancePath || "/"} ${error.message} ${detail}`.trimEnd();
}
