// Hostile text in each place that a rule has, for the languages' hostile.js.
'use strict';
const { execFileSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

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
  not: (text) => rule({ selection: { CommandLine: plain(text) }, other: { ParentCommandLine: plain(text) }, condition: 'other and not selection' }),
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
function convert(program, target, rules, placeholders) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'hostile-'));
  const run = (...args) => {
    const common = ['convert', '-q', '--to', target, '--placeholders', path.join(folder, 'placeholders')];
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
    const files = fs.readdirSync(output, { recursive: true }).filter((name) => name.endsWith(`.${target.split(':')[0]}`));
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

module.exports = { PLACES, convert, matches, plain, texts, yaml };
