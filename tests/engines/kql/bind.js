// Judges KQL with Microsoft's own parser and binder (npm @kusto/language-service-next, MIT).
//   node bind.js SCHEMA.json < QUERIES.jsonl
// SCHEMA.json: {"Table": {"Column": "type"}}. One {"query": "...", "rule": "..."} a line; other keys are handed through.
// Prints one line for each query that the binder has something to say about, a summary to stderr, and ends with status 1
// if a query was rejected or none came.
'use strict';
const fs = require('fs');
const path = require('path');
const vm = require('vm');

// The package is two scripts for a browser: they share one global scope.
const home = path.dirname(require.resolve('@kusto/language-service-next'));
for (const script of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
  vm.runInThisContext(fs.readFileSync(path.join(home, script), 'utf8'), { filename: script });
}
const { KustoCode, GlobalState, Symbols } = globalThis.Kusto.Language;

function database(schema) {
  const bracketed = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `[${JSON.stringify(name)}]`);
  const tables = Object.entries(schema).map(([table, columns]) => {
    const list = Object.entries(columns).map(([column, type]) => `${bracketed(column)}: ${type}`);
    return new Symbols.TableSymbol.$ctor7(table, `(${list.join(', ')})`, null);
  });
  const members = System.Array.init(tables, Symbols.Symbol);
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor3('db', null, members, false));
}

function diagnostics(query, globals) {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  const count = found ? System.Array.getCount(found) : 0;
  return Array.from({ length: count }, (_, n) => System.Array.getItem(found, n)).map((diagnostic) => ({
    severity: diagnostic.Severity,
    code: diagnostic.Code,
    message: diagnostic.Message,
    at: query.substr(diagnostic.Start, Math.max(diagnostic.Length, 1)),
  }));
}

const globals = database(JSON.parse(fs.readFileSync(process.argv[2], 'utf8')));
let judged = 0;
let rejected = 0;
for (const line of fs.readFileSync(0, 'utf8').split('\n')) {
  if (!line.trim()) continue;
  const { query, ...rest } = JSON.parse(line);
  if (typeof query !== 'string') continue;
  judged += 1;
  const found = diagnostics(query, globals);
  if (found.some((diagnostic) => diagnostic.severity === 'Error')) rejected += 1;
  if (found.length > 0) console.log(JSON.stringify({ ...rest, diagnostics: found, query }));
}
console.error(`${judged} queries judged, ${rejected} rejected`);
process.exit(rejected > 0 || judged === 0 ? 1 : 0);
