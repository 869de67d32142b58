// What the tests here share: requests of the administrator, waiting, and a server for a handler.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after } from "node:test";

const { ESCLUSA_URL, ESCLUSA_ADMIN } = process.env;
export const shop = `${ESCLUSA_URL}/repos/demo/shop`;
export const plain = { ref: "main", auto_merge: false, required_contexts: [] };

export async function call(method, path, body, expects) {
  const answer = await fetch(path.startsWith("http") ? path : shop + path, {
    method,
    headers: { authorization: `token ${ESCLUSA_ADMIN}` },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.equal(answer.status, expects, text);
  return text && JSON.parse(text);
}

// Waits until `check` returns a value.
export async function eventually(check, what) {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await check();
    if (found) return found;
    assert.ok(Date.now() < end, `it did not happen: ${what()}`);
    await new Promise((done) => setTimeout(done, 25));
  }
}

// A server for the handler; returns its URL, and is closed after the tests.
export async function listen(handler) {
  const server = createServer(handler);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}
