// A receiver as many people write it: it parses the body, and verifies the signature of
// JSON.stringify of the result. tests/clients/run.py starts a server and passes its address.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";

const { ESCLUSA_URL, ESCLUSA_ADMIN, ESCLUSA_MAIN_SHA } = process.env;
const SECRET = "It's a Secret to Everybody";
const shop = `${ESCLUSA_URL}/repos/demo/shop`;

// Payloads as their senders write them, with the same value in JavaScript.
const SURVIVING = [
  ["blanks and line feeds", '{ "a" : 1,\r\n\t"b": [ 1 , 2 , { } , [ ] ] }'],
  ["escapes that nobody needs", String.raw`{"\u0061\/b": "\u00fc \u20ac \ud83d\ude80 \/ \u0041"}`],
  ["escapes that JavaScript writes", String.raw`{"a": "\"\\\b\f\n\r\t\u001f\u0000"}`],
  ["separators that only JavaScript knew", '{"a": "\u2028\u2029\u007f\u0080"}'],
  ["numbers in other spellings", '{"a": [1.0, 1.50, 1e2, 1E+2, 0.1e-6, 1e21, 0.000001, 100e-2]}'],
  ["numbers at the edge", '{"a": [9007199254740992, -9007199254740991, 5e-324, 1.5e300, 0]}'],
  ["a text", String.raw`"just \u0061 text, \u00e9"`],
  ["an object in a text", String.raw`"{ \"a\": 1.0 }"`],
  ["literals", '{"a": [ true , false , null ], "": ""}'],
];
// Payloads that JSON.parse itself changes, and the result.
const CHANGED = [
  ["an integer of 20 digits", '{"id": 12345678901234567890}', '{"id":12345678901234567890}'],
  ["one more than JavaScript counts", '{"id": 9007199254740993}', '{"id":9007199254740993}'],
  ["more digits than JavaScript has", '{"a": 0.1234567890123456789}',
    '{"a":0.1234567890123456789}'],
  ["members named by numbers", '{"10": 1, "9": 2}', '{"10":1,"9":2}'],
];

const signature = (text) => `sha256=${createHmac("sha256", SECRET).update(text).digest("hex")}`;

async function call(method, path, body, expects) {
  const answer = await fetch(path.startsWith("http") ? path : shop + path, {
    method,
    headers: { authorization: `token ${ESCLUSA_ADMIN}` },
    body: typeof body === "object" ? JSON.stringify(body) : body,
  });
  const text = await answer.text();
  assert.equal(answer.status, expects, text);
  return text;
}

// Waits until `check` returns a value.
async function eventually(check, what) {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await check();
    if (found) return found;
    assert.ok(Date.now() < end, `it did not happen: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

describe("a receiver that signs JSON.stringify(JSON.parse(body))", () => {
  const received = []; // { event, guid, body, signed, reparsed }: reparsed is the signed text
  let failures = 0; // number of deliveries that are answered with 500
  let hook;

  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const raw = Buffer.concat(parts);
      received.push({
        event: request.headers["x-github-event"],
        guid: request.headers["x-github-delivery"],
        signed: request.headers["x-hub-signature-256"],
        raw,
        reparsed: JSON.stringify(JSON.parse(raw.toString("utf8"))),
      });
      response.writeHead(failures > 0 ? 500 : 200).end();
      failures = Math.max(0, failures - 1);
    });
  });

  const arrived = (event, count = 1) =>
    eventually(() => {
      const found = received.filter((one) => one.event === event);
      return found.length >= count && found;
    }, `${count} of ${event}`);

  const deploy = (payload, environment) =>
    call("POST", "/deployments", `{"ref": "main", "auto_merge": false, "required_contexts": [],
      "environment": ${JSON.stringify(environment)}, "payload": ${payload}}`, 201);

  before(async () => {
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    hook = JSON.parse(await call("POST", "/hooks", {
      events: ["*"],
      config: {
        url: `http://127.0.0.1:${server.address().port}`, content_type: "json", secret: SECRET,
      },
    }, 201));
    await arrived("ping");
  });

  beforeEach(() => {
    received.length = 0;
  });

  after(async () => {
    await call("DELETE", hook.url, undefined, 204);
    server.closeAllConnections();
    server.close();
  });

  for (const [what, payload] of SURVIVING) {
    test(`accepts a payload with ${what}`, async () => {
      const answer = await deploy(payload, "parsed");
      assert.ok(answer.includes(payload), "the API answers with the payload as it was sent");
      const [one] = await arrived("deployment");
      assert.equal(one.reparsed, one.raw.toString("utf8"));
      assert.equal(one.signed, signature(one.reparsed));
      assert.deepEqual(JSON.parse(one.reparsed).deployment.payload, JSON.parse(payload));
    });
  }

  for (const [what, payload, kept] of CHANGED) {
    test(`JSON.parse changes ${what}: the raw body verifies, and has every digit`, async () => {
      const answer = await deploy(payload, "changed");
      assert.ok(answer.includes(payload), "the API answers with the payload as it was sent");
      const [one] = await arrived("deployment");
      assert.notEqual(one.reparsed, one.raw.toString("utf8"));
      assert.notEqual(one.signed, signature(one.reparsed));
      assert.equal(one.signed, signature(one.raw));
      assert.ok(one.raw.toString("utf8").includes(`"payload":${kept},`), one.raw.toString("utf8"));
    });
  }

  test("accepts every other event, with texts of all kinds", async () => {
    const text = String.raw`"\u00fc \/ <b> \u20ac \ud83d\ude80 \"q\" \\"`;
    const made = JSON.parse(await deploy("{}", "others"));
    await call("POST", `${made.statuses_url}`, `{"state": "success", "description": ${text}}`, 201);
    await call("POST", `/statuses/${ESCLUSA_MAIN_SHA}`,
      `{"state": "success", "context": "ci/ü", "description": ${text}}`, 201);
    await call("POST", "/check-runs", `{"name": "build", "head_sha": "${ESCLUSA_MAIN_SHA}",
      "conclusion": "success", "output": {"title": ${text}, "summary": ${text}}}`, 201);
    await call("POST", `/hooks/${hook.id}/pings`, undefined, 204);
    for (const event of ["deployment", "deployment_status", "status", "check_run", "ping"]) {
      for (const one of await arrived(event)) {
        assert.equal(one.reparsed, one.raw.toString("utf8"), event);
        assert.equal(one.signed, signature(one.reparsed), event);
      }
    }
  });

  test("gets the same bytes by every attempt: after two 500s, and by a redelivery", async () => {
    failures = 2;
    await deploy('{ "a": 1.0, "id": 12345678901234567890, "t": "\\u00fc" }', "repeated");
    const attempts = await arrived("deployment", 3);
    const deliveries = () => call("GET", `${hook.url}/deliveries?per_page=100`, undefined, 200);
    const taken = await eventually(
      async () => JSON.parse(await deliveries()).find(
        (one) => one.guid === attempts[0].guid && one.status_code === 200),
      "the third attempt is recorded");
    await call("POST", `${hook.url}/deliveries/${taken.id}/attempts`, undefined, 202);
    const all = await arrived("deployment", 4);
    assert.equal(all.length, 4);
    for (const one of all) {
      assert.deepEqual([one.guid, one.signed], [all[0].guid, all[0].signed]);
      assert.ok(one.raw.equals(all[0].raw));
      assert.equal(one.signed, signature(one.raw));
    }
  });
});
