//! Kusto's literals and names. Rules come from strangers: whatever a text holds, what is written is one literal on one
//! line (Kusto-Query-Language, `TokenParser.ScanStringEscape`; Microsoft's page "The string data type").

/// A string literal: `"plain"` where nothing needs care, `@"C:\x"` for backslashes and quotes, and escapes for what a
/// reader could not see: line breaks, other control characters, marks that reorder text.
pub(super) fn literal(text: &str) -> String {
    if text.chars().any(is_hidden) {
        return escaped(text);
    }
    if text.contains(['\\', '"']) {
        return format!("@\"{}\"", text.replace('"', "\"\""));
    }
    format!("\"{text}\"")
}

/// A literal with escapes only; all forms that Kusto's lexer knows.
fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' => out.push_str(r"\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str(r"\n"),
            '\r' => out.push_str(r"\r"),
            '\t' => out.push_str(r"\t"),
            c if is_hidden(c) => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Characters below U+10000 that are not themselves where they are shown.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A column's or table's name: bare where Kusto's grammar takes it so, `['name']` everywhere else.
pub(super) fn name(name: &str) -> String {
    if is_bare(name) { name.to_owned() } else { format!("[{}]", quoted_name(name)) }
}

/// A member of a dynamic value: `.name` or `["name"]`.
pub(super) fn member(name: &str) -> String {
    if is_bare(name) { format!(".{name}") } else { format!("[{}]", literal(name)) }
}

/// Names in brackets are single-quoted by custom; verbatim literals are not names.
fn quoted_name(name: &str) -> String {
    if name.contains(['\\', '\'', '"']) || name.chars().any(is_hidden) { escaped(name) } else { format!("'{name}'") }
}

fn is_bare(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(word)
        && KEYWORDS.binary_search(&name.to_ascii_lowercase().as_str()).is_err()
}

/// Words of the language that do not stand for a name everywhere (`SyntaxFacts.cs`, those without `canBeIdentifier`,
/// and the names of types and literals). More than needed does no harm: brackets are always legal.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "__contextual_datatable", "__crosscluster", "__crossdb", "__executeandcache", "__id", "__isfuzzy",
    "__nowithsource", "__packedcolumn", "__projectaway", "__sourcecolumnindex", "accumulate", "and", "anomalychart",
    "areachart", "as", "asc", "bagexpansion", "barchart", "between", "bool", "boolean", "by", "byte",
    "cachingpolicy", "callout", "cancel", "card", "char", "columnchart", "contains", "contains_cs", "containscs",
    "cycles", "dataexport", "datascope", "datatable", "date", "datetime", "decimal", "decodeblocks", "desc",
    "double", "dynamic", "earliest", "encodingpolicy", "endswith", "endswith_cs", "expandoutput",
    "extent_tags_retention", "external_data", "externaldata", "false", "find", "first", "flags", "float",
    "force_remote", "guid", "harddelete", "hardretention", "has", "has_all", "has_any", "has_cs", "hasprefix",
    "hasprefix_cs", "hassuffix", "hassuffix_cs", "hotcache", "in", "int", "int16", "int32", "int64", "int8",
    "invoke", "isfuzzy", "journal", "kind", "ladderchart", "last", "latest", "like", "likecs", "linechart", "long",
    "materialize", "mdm", "missing", "nooptimization", "notcontains", "notcontainscs", "notlike", "notlikecs",
    "null", "of", "or", "others", "pathformat", "piechart", "pivotchart", "print", "project", "queries",
    "query_results", "real", "relaxed", "restricted_view_access", "row_level_security", "rowstore",
    "rowstore_references", "rowstore_sealinfo", "rowstorepolicy", "rowstores", "sample", "scatterchart", "seal",
    "seals", "search", "set", "shards", "simple", "softdelete", "softretention", "sql", "stackedareachart",
    "startswith", "startswith_cs", "statistics", "storedqueryresultcontainers", "string", "tablepurge", "time",
    "timechart", "timeline", "timepivot", "timespan", "title", "to", "toscalar", "totable", "treemap", "true",
    "uint", "uint16", "uint32", "uint64", "uint8", "ulong", "union", "uniqueid", "unrestrictedviewers", "uuid",
    "verbose", "viewers", "views", "where", "with_itemindex", "with_match_id", "with_source", "with_step_name",
    "withsource", "writeaheadlog",
];
