// Compares at which queries an engine stops with Microsoft's binder; reads what operands.py writes, ends with status 1 where they differ.
'use strict';
const fs = require('fs');
const { analyse, database } = require('./microsoft.js');

const types = { F: 'string', G: 'string', I: 'string', N: 'long', M: 'long', R: 'real', B: 'bool', At: 'datetime', D: 'dynamic' };
const globals = database({ T: types });
const count = { agree: 0, looser: 0, crashes: 0, differ: 0 };
for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const { query, stops, error, looser } = JSON.parse(line);
  let bound;
  try {
    bound = analyse(query, globals);
  } catch {
    count.crashes += 1; // the binder's own mistake: some values of timespan
    continue;
  }
  if (bound.rejected === Boolean(stops)) {
    count.agree += 1;
  } else if (looser && !bound.rejected) {
    count.looser += 1;
  } else {
    count.differ += 1;
    const messages = bound.diagnostics.map(({ code, message, at }) => `${code} ${message} [${at}]`);
    console.log(`${query}\n    the engine: ${stops ? error : 'runs it'}; the binder: ${bound.rejected ? messages.join('; ') : 'accepts it'}`);
  }
}
const said = `${count.agree} agree, ${count.differ} differ, ${count.looser} where the binder is looser, ${count.crashes} at which it fails`;
console.error(`operands: ${said}`);
process.exit(count.differ > 0 || count.agree === 0 || count.crashes > count.agree / 100 ? 1 : 0);
