// Has Microsoft's binder read the queries of tests/facts/kql.yml, as facts.py prints them; ends with status 1 where it contradicts one.
// A fact with verdicts must bind, a fact of wrong syntax must not. That a query stops when it runs, the binder need not see.
'use strict';
const fs = require('fs');
const { analyse, database } = require('./microsoft.js');

const count = { bound: 0, stopped: 0, unseen: 0, unknown: 0, differ: 0 };
for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const { query, columns, refused } = JSON.parse(line);
  const { rejected, diagnostics } = analyse(query, database({ T: columns }));
  if (refused === 'unknown') {
    count.unknown += 1;
  } else if (rejected === Boolean(refused)) {
    count[rejected ? 'stopped' : 'bound'] += 1;
  } else if (refused === 'error') {
    count.unseen += 1;
  } else {
    count.differ += 1;
    const messages = diagnostics.map(({ code, message, at }) => `${code} ${message} [${at}]`);
    console.log(`${query}\n    the fact: ${refused ?? 'it runs'}; the binder: ${rejected ? messages.join('; ') : 'accepts it'}`);
  }
}
console.error(`facts: ${Object.entries(count).map(([what, number]) => `${number} ${what}`).join(', ')}`);
process.exit(count.differ > 0 || count.bound === 0 || count.stopped === 0 ? 1 : 0);
