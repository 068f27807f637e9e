// Judges KQL with Microsoft's own parser and binder.
//   node bind.js SCHEMA.json < QUERIES.jsonl
// SCHEMA.json: {"Table": {"Column": "type"}}. One {"query": "...", "rule": "..."} a line; other keys are handed through.
// Prints one line for each query that the binder has something to say about, a summary to stderr, and ends with status 1
// if a query was rejected or none came.
'use strict';
const fs = require('fs');
const { database, analyse } = require('./microsoft.js');

const globals = database(JSON.parse(fs.readFileSync(process.argv[2], 'utf8')));
let judged = 0;
let rejects = 0;
for (const line of fs.readFileSync(0, 'utf8').split('\n')) {
  if (!line.trim()) continue;
  const { query, ...rest } = JSON.parse(line);
  if (typeof query !== 'string') continue;
  judged += 1;
  const { diagnostics, rejected } = analyse(query, globals);
  if (rejected) rejects += 1;
  if (diagnostics.length > 0) console.log(JSON.stringify({ ...rest, diagnostics, query }));
}
console.error(`${judged} queries judged, ${rejects} rejected`);
process.exit(rejects > 0 || judged === 0 ? 1 : 0);
