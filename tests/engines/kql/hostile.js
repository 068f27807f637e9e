// Tries to break out of the strings, names and comments of the KQL that sigmaglot writes.
//   node hostile.js SIGMAGLOT [COUNT]      COUNT: how many random texts
// Rules hold hostile text in each place that a rule has: values, lists, keywords, placeholders, regexes, field names, titles, names of
// selections. Microsoft's parser reads each query. Its tree must be the tree that the same rule gives with a harmless
// word, and its strings, as Microsoft decodes them, those of that tree with the text in place of the word.
'use strict';
const { execFileSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { nodes, parse } = require('./microsoft.js');

// Harmless text of each sort that is written in another way: what has no letters is compared with regard to case; what is not ASCII is
// a regular expression; a member that is no plain name stands in brackets.
const WORDS = ['zqharmlessqz', '+70077+', 'zqé70077'];
const wordFor = (place, text) => {
  if (place === 'field') return /^(?!(?:null|true)$)[A-Za-z_]\w*$/.test(text) ? 0 : 1;
  if (/[^\0-\x7f]/.test(text)) return 2;
  return text.toLowerCase() === text.toUpperCase() ? 1 : 0;
};
const ATOMS = [
  '"', "'", '""', "''", '"""', "'''", '```', '~~~', '\\', '\\\\', '\\"', "\\'", '"\\', "'\\", '\\\\"', '\n', '\r', '\r\n', '\t', '\v', '\f', '\b',
  '\0', '\x1b', '\x7f', '\x85', '\xa0', '\u2028', '\u2029', '\ufeff', '\u200b', '\u202e', '\u0301', '\ufffe', '\ue000', 'é', 'ſ', 'K', '中', '😀', '//',
  '// x', '/*', '*/', '--', '#', '|', '| where true', ';', '; print 1', ',', '(', ')', '))', '[', ']', "['", "']", '["', '"]', '{', '}', '{{x}}', '{% x %}', '%', '%s',
  '%x%', '$', '$left', '${x}', '@', '@"', "@'", 'h"', "h'x'", 'H@"', '\\u0041', '\\x41', '\\101', '\\n', '\\0', '&', '&&', '`', '<', '>', '<|', '=', '==', '=~', '!', '*',
  '?', '**', '\\*', '\\?', '.', '..', '^', '+', '-', ' ', '  ', ' and ', ' or true', 'not(', 'null', 'true', '0', '-1', '1d', 'datetime(1)', 'dynamic([])', 'a', 'A',
  '") or ("" == "', "') or ('' == '", '"); T | where ("', '" // ', "' // ", '"\n| take 0', '"\r| take 0', '"\u2028| take 0', '\\") or true // ', '\\\\") or true // ',
];
// Text as a plain value of Sigma ("Escaping" in its specification), and as a regular expression.
const plain = (text) => text.replace(/[\\*?]/g, '\\$&');
const regex = (text) => text.replace(/[\\^$.|?*+()[\]{}&~#-]/g, '\\$&');

const rule = (detection, more) => ({ title: 'Hostile', logsource: { category: 'process_creation', product: 'windows' }, detection, ...more });
const selection = (field, value) => rule({ selection: { [field]: value }, condition: 'selection' });
// Place → the rule that has a text there.
const PLACES = {
  value: (text) => selection('CommandLine', plain(text)),
  contains: (text) => selection('CommandLine|contains', plain(text)),
  startswith: (text) => selection('CommandLine|startswith', plain(text)),
  endswith: (text) => selection('CommandLine|endswith', plain(text)),
  cased: (text) => selection('CommandLine|contains|cased', plain(text)),
  equal_cased: (text) => selection('CommandLine|cased', plain(text)),
  wildcard: (text) => selection('CommandLine', `a*${plain(text)}?b`),
  list: (text) => selection('CommandLine', [plain(text), 'other', `${plain(text)}x`]),
  all: (text) => selection('CommandLine|contains|all', [plain(text), 'other']),
  not: (text) => rule({ selection: { CommandLine: plain(text) }, other: { Image: plain(text) }, condition: 'other and not selection' }),
  keyword: (text) => rule({ keywords: [plain(text)], condition: 'keywords' }),
  member: (text) => ({ ...selection('QueryName|contains', plain(text)), logsource: { category: 'dns_query', product: 'windows' } }),
  regex: (text) => selection('CommandLine|re', regex(text)),
  placeholder: (text, number) => selection('CommandLine|expand', `a%P${number}%b`),
  field: (text) => ({ ...selection(text, 'x'), logsource: { product: 'm365', service: 'audit' } }),
  unknown_field: (text) => selection(text, 'x'),
  title: (text) => ({ ...selection('CommandLine', 'x'), title: text }),
  id: (text) => ({ ...selection('CommandLine', 'x'), id: text }),
  described: (text) => ({ ...selection('CommandLine', 'x'), description: text, author: text, references: [text], falsepositives: [text], tags: [text] }),
  selection: (text) => rule({ [text]: { CommandLine: 'x' }, condition: '1 of them' }),
  logsource: (text) => ({ ...selection('CommandLine', 'x'), logsource: { category: 'process_creation', product: 'windows', definition: text, service: text } }),
};

// A small generator (mulberry32), so that every run tries the same.
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function texts(count) {
  const draw = random(1);
  const mixed = Array.from({ length: count }, () => {
    const length = 1 + Math.floor(draw() * 5);
    return Array.from({ length }, () => ATOMS[Math.floor(draw() * ATOMS.length)]).join('');
  });
  return [...new Set([...ATOMS, ...ATOMS.map((atom) => `a${atom}b`), ...ATOMS.map((atom) => `${atom}${atom}`), 'x'.repeat(5000), '"'.repeat(999), ...mixed])];
}

/** JSON that is YAML too: every character that YAML may take for something else is an escape of both. */
const yaml = (value) => JSON.stringify(value).replace(/[\x7f-\xa0\u2028\u2029\ufeff\ufffe]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The whole text of each rule's query, with what stands above it, by the rule's name; or the code that refuses it. */
function convert(program, rules, placeholders) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hostile-'));
  const run = (...args) => {
    const common = ['convert', '-q', '--to', 'kql:defender', '--placeholders', path.join(folder, 'placeholders')];
    try {
      return execFileSync(program, [...common, ...args], { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'ignore'] });
    } catch (error) {
      if (error.status !== 1) throw error; // 1: some rules are refused
      return error.stdout;
    }
  };
  try {
    const input = path.join(folder, 'rules');
    fs.mkdirSync(input);
    for (const [name, text] of rules) fs.writeFileSync(path.join(input, `${name}.yml`), text);
    fs.writeFileSync(path.join(folder, 'placeholders'), yaml(placeholders));
    const refused = run('--json', input).trim().split('\n').map(JSON.parse).filter(({ query }) => query === null);
    const codes = refused.map((line) => [path.basename(line.path, '.yml'), { code: line.diagnostics.find(({ severity }) => severity === 'error').code }]);
    const output = path.join(folder, 'queries');
    run('--out', output, input);
    const files = fs.readdirSync(output, { recursive: true }).filter((name) => name.endsWith('.kql'));
    const queries = files.map((name) => [path.basename(name).replace(/\..*/, ''), { query: fs.readFileSync(path.join(output, name), 'utf8') }]);
    return new Map([...codes, ...queries]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Whether a pattern, which is written anew, matches a text as the places above put it into a value. */
function matches(pattern, text) {
  const [, flags, body] = /^(?:\(\?([a-z]*)\))?([^]*)$/.exec(pattern);
  const spelled = body.replace(/\\x\{([0-9A-Fa-f]+)\}/g, (_, hex) => {
    const point = parseInt(hex, 16);
    return point < 0x80 ? `\\x${hex.padStart(2, '0')}` : String.fromCodePoint(point);
  });
  return [text, `${text}x`, `a${text}b`, `a_${text}_b`].some((sample) => new RegExp(spelled, flags).test(sample));
}

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
  const answers = convert(program, rules, placeholders);
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
