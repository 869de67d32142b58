// What the tests here share.
import assert from "node:assert/strict";

export const shop = { owner: "demo", repo: "shop" };
export const plain = { ...shop, ref: "main", auto_merge: false, required_contexts: [] };
export const silent = { debug() {}, info() {}, warn() {}, error() {} };

const limited = () => assert.fail("a limit that is off was met");
export const noLimits = { onRateLimit: limited, onSecondaryRateLimit: limited };

// Checks that a request fails; `message` is the whole message or a pattern. Returns the answer.
export async function fails(promise, status, message) {
  const error = await promise.then(() => assert.fail("it did not fail"), (one) => one);
  assert.equal(error.name, "HttpError", String(error));
  assert.equal(error.status, status, String(error));
  const said = error.response.data.message;
  assert.ok(message instanceof RegExp ? message.test(said) : said === message, said);
  assert.match(error.response.data.documentation_url, /^https:\/\/docs\.github\.com\/rest/);
  return error.response.data;
}
