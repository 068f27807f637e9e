// Microsoft's own parser and binder of KQL (npm @kusto/language-service-next, MIT).
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

/** The state that the binder starts from, for tables {"Table": {"Column": "type"}}. */
function database(schema) {
  const bracketed = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : `[${JSON.stringify(name)}]`);
  const tables = Object.entries(schema).map(([table, columns]) => {
    const list = Object.entries(columns).map(([column, type]) => `${bracketed(column)}: ${type}`);
    return new Symbols.TableSymbol.$ctor7(table, `(${list.join(', ')})`, null);
  });
  const members = System.Array.init(tables, Symbols.Symbol);
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor3('db', null, members, false));
}

/** What Microsoft's code makes of a query: its tree, and what it has to say of it. */
function read(query, code) {
  const found = code.GetDiagnostics();
  const count = found ? System.Array.getCount(found) : 0;
  const diagnostics = Array.from({ length: count }, (_, n) => System.Array.getItem(found, n)).map((diagnostic) => ({
    severity: diagnostic.Severity,
    code: diagnostic.Code,
    message: diagnostic.Message,
    at: query.substr(diagnostic.Start, Math.max(diagnostic.Length, 1)),
  }));
  return { tree: code.Syntax, diagnostics, rejected: diagnostics.some(({ severity }) => severity === 'Error') };
}

/** A query parsed, without a word on what its names mean. */
const parse = (query) => read(query, KustoCode.Parse(query));

/** A query parsed and bound to a database. */
const analyse = (query, globals) => read(query, KustoCode.ParseAndAnalyze(query, globals));

/** The nodes of a tree in order: `[depth, kind]`, with the decoded value of a literal and the text of a name. A name in brackets is a
 * name, and a string of several literals a string: these are spellings. */
function nodes(tree) {
  const out = [];
  const waiting = [[0, tree]];
  while (waiting.length > 0) {
    const [depth, node] = waiting.pop();
    const type = node.constructor.$$fullname;
    if (/\.(TokenName|BracketedName)$/.test(type)) {
      out.push([depth, 'name', node.SimpleName]);
    } else if (/\.(Compound)?StringLiteralExpression$/.test(type) || (/\.LiteralExpression$/.test(type) && typeof node.LiteralValue === 'string')) {
      out.push([depth, 'string', node.LiteralValue]);
    } else {
      out.push([depth, node.Kind]);
      for (let at = node.ChildCount - 1; at >= 0; at -= 1) {
        const child = node.GetChild(at);
        if (child) waiting.push([depth + 1, child]);
      }
    }
  }
  return out;
}

module.exports = { analyse, database, nodes, parse };
