// Tries to break out of the strings, names and comments of the KQL that sigmaglot writes.
//   node hostile.js SIGMAGLOT [COUNT]      COUNT: how many random texts
// Rules hold hostile text in each place that a rule has: values, lists, keywords, placeholders, regexes, field names, titles, names of
// selections. Microsoft's parser reads each query. Its tree must be the tree that the same rule gives with a harmless
// word, and its strings, as Microsoft decodes them, those of that tree with the text in place of the word.
'use strict';
const { PLACES, convert, matches, plain, texts, yaml } = require('../common/hostile.js');
const { nodes, parse } = require('./microsoft.js');

// Harmless text of each sort that is written in another way: what has no letters is compared with regard to case; what is not ASCII is
// a regular expression; a member that is no plain name stands in brackets.
const WORDS = ['zqharmlessqz', '+70077+', 'zqé70077'];
const wordFor = (place, text) => {
  if (place === 'field') return /^(?!(?:null|true)$)[A-Za-z_]\w*$/.test(text) ? 0 : 1;
  if (/[^\0-\x7f]/.test(text)) return 2;
  return text.toLowerCase() === text.toUpperCase() ? 1 : 0;
};
/** What is wrong with a query that should be `wanted` with a text in place of the word; undefined where nothing is. */
function judge(place, text, query, wanted) {
  const { tree, diagnostics, rejected } = parse(query);
  if (rejected) return `is rejected: ${diagnostics.map(({ message }) => message).join('; ')}`;
  const found = nodes(tree);
  if (found.length !== wanted.length) return `has ${found.length} nodes, not ${wanted.length}`;
  for (let at = 0; at < found.length; at += 1) {
    const [depth, kind, value] = found[at];
    const [wantedDepth, wantedKind, word] = wanted[at];
    if (depth !== wantedDepth || kind !== wantedKind) return `has another tree at node ${at}`;
    const sort = wordFor(place, text);
    const meant = word?.replaceAll(WORDS[sort], () => text);
    if (value === meant) continue;
    if (kind === 'string' && (place === 'regex' || place === 'wildcard' || sort === 2)) {
      if (matches(value, text) && !matches(value, `${text.slice(0, -1)}\x01`)) continue;
      return `has the pattern ${JSON.stringify(value)}`;
    }
    return `has ${kind} ${JSON.stringify(value)}, not ${JSON.stringify(meant)}`;
  }
  return undefined;
}

function main(program, count) {
  const all = [...WORDS, ...texts(Number(count ?? 150))];
  const rules = [];
  const placeholders = {};
  all.forEach((text, number) => {
    placeholders[`P${number}`] = [plain(text)];
    for (const [place, make] of Object.entries(PLACES)) rules.push([`${place}-${number}`, yaml(make(text, number))]);
  });
  const answers = convert(program, 'kql:defender', rules, placeholders);
  let failures = 0;
  for (const place of Object.keys(PLACES)) {
    const wanted = WORDS.map((_, number) => answers.get(`${place}-${number}`).query).map((query) => query && nodes(parse(query).tree));
    const refused = {};
    let judged = 0;
    all.forEach((text, number) => {
      if (place === 'field' && text.includes('.')) return; // a way to a member, not its name
      const { code, query } = answers.get(`${place}-${number}`);
      if (code) {
        refused[code] = (refused[code] ?? 0) + 1;
        return;
      }
      judged += 1;
      const harmless = wanted[wordFor(place, text)];
      const wrong = harmless ? judge(place, text, query, harmless) : 'is written, although a harmless word is refused';
      if (wrong === undefined) return;
      failures += 1;
      console.log(`${place} ${JSON.stringify(text)}: the query ${wrong}\n${query}`);
    });
    const codes = Object.entries(refused).map(([code, number]) => `${number} ${code}`);
    console.error(`hostile ${place}: ${judged} queries judged${codes.length > 0 ? `; refused: ${codes.join(', ')}` : ''}`);
    if (judged < all.length / 2 && place !== 'unknown_field') {
      failures += 1;
      console.log(`${place}: too few queries to judge`);
    }
  }
  console.error(`${failures} broke out`);
  process.exit(failures > 0 ? 1 : 0);
}

main(...process.argv.slice(2));
