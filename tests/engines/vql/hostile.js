// Tries to break out of the strings, names and comments of the VQL that sigmaglot writes.
//   node hostile.js SIGMAGLOT VQL [COUNT]      VQL: engine/, built; COUNT: how many random texts
// The parser of vfilter reads each query (`vql tree`). Its tree must be the tree that the same rule gives with a harmless word, and its
// strings and names, decoded, those of that tree with the text in place of the word; a pattern must match the text.
'use strict';
const { execFileSync } = require('child_process');
const { PLACES, convert, matches, plain, texts, yaml } = require('../common/hostile.js');

// Harmless text of each sort that is written in another way.
const WORDS = ['zqharmlessqz', '+70077+', 'zqé70077'];
const sorts = (text) => (/[^\0-\x7f]/.test(text) ? [2, 0, 1] : text.toLowerCase() === text.toUpperCase() ? [1, 0, 2] : [0, 1, 2]);

/** What is wrong with a tree that should be `wanted` with a text in place of the word; undefined where nothing is. */
function judge(text, found, wanted, word) {
  if (found.length !== wanted.length) return `has ${found.length} nodes, not ${wanted.length}`;
  for (let at = 0; at < found.length; at += 1) {
    const [one, other] = [found[at], wanted[at]];
    if (one.depth !== other.depth || one.kind !== other.kind) return `has another tree at node ${at}`;
    const meant = other.text?.replaceAll(word, () => text);
    if (one.text === meant) continue;
    if (one.kind === 'String') {
      // =~ ignores case unless the pattern says otherwise; (?s) may stand beside that.
      const [, flags, body] = /^(?:\(\?(-i|s|s-i)\))?([^]*)$/.exec(one.text);
      const pattern = `(?${flags?.includes('s') ? 's' : ''}${flags?.includes('-i') ? '' : 'i'})${body}`.replace(/^\(\?\)/, '');
      try {
        if (matches(pattern, text) && !matches(pattern, `${text.slice(0, -1)}\x01`)) continue;
      } catch { /* a pattern of RE2 alone */ }
    }
    return `has ${one.kind} ${JSON.stringify(one.text)}, not ${JSON.stringify(meant)}`;
  }
  return undefined;
}

function main(program, engine, count) {
  const all = [...WORDS, ...texts(Number(count ?? 150))];
  const rules = [];
  const placeholders = {};
  all.forEach((text, number) => {
    placeholders[`P${number}`] = [plain(text)];
    for (const [place, make] of Object.entries(PLACES)) rules.push([`${place}-${number}`, yaml(make(text, number))]);
  });
  const answers = convert(program, 'vql:evtx', rules, placeholders);
  const asked = [...answers].filter(([, { query }]) => query !== undefined);
  const input = asked.map(([, { query }]) => JSON.stringify({ query })).join('\n');
  const said = execFileSync(engine, ['tree'], { input, encoding: 'utf8', maxBuffer: 1 << 30 }).trim().split('\n').map(JSON.parse);
  const trees = new Map(asked.map(([name], at) => [name, said[at]]));
  let failures = 0;
  for (const place of Object.keys(PLACES)) {
    const refused = {};
    let judged = 0;
    all.forEach((text, number) => {
      const name = `${place}-${number}`;
      const { code, query } = answers.get(name);
      if (code) {
        refused[code] = (refused[code] ?? 0) + 1;
        return;
      }
      // A keyword that is part of a word for a Boolean or NULL is looked for in these too, which is another tree.
      if (place === 'keyword' && ['true', 'false', 'null'].some((word) => word.includes(text.toLowerCase()))) return;
      judged += 1;
      const { nodes, error } = trees.get(name);
      const wrongs = error ? [`is rejected: ${error}`] : sorts(text).map((sort) => trees.get(`${place}-${sort}`)?.nodes && judge(text, nodes, trees.get(`${place}-${sort}`).nodes, WORDS[sort]));
      if (wrongs.includes(undefined)) return;
      failures += 1;
      if (failures <= 40) console.log(`${place} ${JSON.stringify(text.slice(0, 200))}: the query ${wrongs[0]}\n${query.slice(0, 1500)}`);
    });
    const codes = Object.entries(refused).map(([code, times]) => `${times} ${code}`);
    console.error(`hostile ${place}: ${judged} queries judged${codes.length > 0 ? `; refused: ${codes.join(', ')}` : ''}`);
  }
  console.error(`${failures} broke out`);
  process.exit(failures > 0 ? 1 : 0);
}

main(...process.argv.slice(2));
