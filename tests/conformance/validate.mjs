// Judges JSON files by GitHub's published schemas, by hand.
//
//   cd tests/conformance && npm ci           once
//   node validate.mjs webhook deployment FILE...           an event's body, by its name
//   node validate.mjs rest deployment FILE...              an answer, by the name of its schema
//   node validate.mjs rest 'list of deployment' FILE...    an array of it
//   node validate.mjs strict deployment FILE...            rest, and lists members that the schema
//                                                          does not name (some are ours)
//   node validate.mjs list                                 the names that there are
//
// `-` is standard input. Exit code 1 when a file violates its schema. Webhook names are event names
// (deployment, deployment_status, ping, …) or definitions (deployment$created); names for answers
// are those of components.schemas in GitHub's OpenAPI description.
import { readFileSync } from "node:fs";
import { describeError, makeAjv, openapi, RestSchemas, webhooks } from "./schemas.mjs";

function webhookValidator(name) {
  const ajv = makeAjv();
  ajv.addSchema(webhooks(), "webhooks");
  const definitions = webhooks().definitions;
  const definition = [`${name}_event`, `${name}$event`, name].find((key) => key in definitions);
  if (!definition) throw new Error(`no webhook schema is called ${name}`);
  // A JSON pointer in a URL needs the escapes of both.
  return ajv.compile({ $ref: `webhooks#/definitions/${encodeURIComponent(definition)}` });
}

function restValidator(name, strict) {
  const schemas = new RestSchemas(strict);
  if (!name.startsWith("list of ")) return schemas.named(name);
  const one = encodeURIComponent(name.slice("list of ".length));
  return schemas.of({ type: "array", items: { $ref: `#/components/schemas/${one}` } });
}

function main([family, name, ...files]) {
  if (family === "list") {
    console.log("webhook:", Object.keys(webhooks().definitions).join(" "));
    console.log("rest:", Object.keys(openapi.components.schemas).join(" "));
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
    console.log([...new Set(validate.errors.map(describeError))].map((e) => `  ${e}`).join("\n"));
  }
  return failed > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
