// Checks recorded exchanges against GitHub's OpenAPI description, and itself with spoiled ones.
//
//   node judge.mjs RECORD.json
//
// RECORD.json is what rest.py writes: a list of {operation, case, method, base, url, token,
// version, media, expects, links, says, status, headers, body}. A row beginning with `ok` or `FAIL`
// is printed for each negative control and each operation. Exit code 1 unless everything is covered
// and nothing is violated.
import { readFileSync } from "node:fs";
import { runControls } from "./controls.mjs";
import { statusesOf, violations, wantedOperations } from "./rules.mjs";
import { CANNOT, FLAWS } from "./tables.mjs";

const operations = wantedOperations();

function row(good, ...columns) {
  console.log(`${good ? "ok  " : "FAIL"} ${columns.join("  ")}`);
}

// A control must begin with a good exchange, because another error would hide its own.
function judgeTheJudge(exchanges) {
  const clean = exchanges.filter((one) => violations(one, operations).length === 0);
  let missed = 0;
  let seen = [];
  try {
    seen = runControls(clean, (one) => violations(one, operations));
  } catch (error) {
    row(false, `control: ${error.message}`);
    missed += 1;
  }
  for (const [what, caught] of seen) {
    row(caught, `control: ${what}`);
    if (!caught) missed += 1;
  }
  return missed;
}

function judge(exchanges) {
  const bad = exchanges.flatMap((exchange) =>
    violations(exchange, operations).map((what) => ({ exchange, what })),
  );
  let covered = 0;
  for (const [operation, description] of operations) {
    const of = exchanges.filter((one) => one.operation === operation);
    const given = [...new Set(of.map((one) => one.status))].sort((a, b) => a - b);
    const { must } = statusesOf(operation, description);
    const missing = must.filter((status) => !given.includes(status));
    const wrong = bad.filter((one) => one.exchange.operation === operation).length;
    const whole = of.length > 0 && missing.length === 0;
    if (whole) covered += 1;
    const notes = missing.length > 0 ? `  not exercised: ${missing.join(" ")}` : "";
    row(whole && wrong === 0, operation.padEnd(82), `${of.length} cases`.padStart(9),
      `${wrong} violations`.padStart(13), given.join(" ") + notes);
  }
  return { bad, covered };
}

function showTables() {
  console.log("\nStatuses that this server does not give:");
  for (const { operations: of, status, reason } of CANNOT) {
    const those = of.length > 1 ? `${of.length} operations` : of[0];
    console.log(`  ${status}  ${those}: ${reason}`);
  }
  console.log("\nFlaws of the description that are allowed for:");
  for (const { id, what, reason } of FLAWS) console.log(`  ${id}: ${what}; ${reason}`);
}

function main([file]) {
  const exchanges = JSON.parse(readFileSync(file, "utf8"));
  const missed = judgeTheJudge(exchanges);
  console.log();
  const { bad, covered } = judge(exchanges);
  showTables();
  for (const operation of new Set(bad.map((one) => one.exchange.operation))) {
    console.log(`\nViolations of ${operation}:`);
    for (const { exchange, what } of bad) {
      if (exchange.operation === operation) {
        console.log(`  ${exchange.case} (${exchange.status}): ${what}`);
      }
    }
  }
  const percent = Math.floor((100 * covered) / operations.size);
  console.log(`\nnegative controls missed: ${missed}`);
  console.log(`operations covered: ${covered} of ${operations.size} (${percent} %)`);
  console.log(`violations: ${bad.length}`);
  return missed === 0 && covered === operations.size && bad.length === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
