//! The codes, by stage. A code is never reused and never changes its meaning; each has a page in `explain/`.

use super::Severity;

macro_rules! codes {
    ($($code:ident $severity:ident $title:literal;)*) => {
        /// A kind of finding: `E` an error, `W` a warning, a lint or a note; the first two digits name the stage.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the title and the explanation are the documentation")]
        pub enum Code { $($code,)* }

        /// Every code there is, in order.
        pub const ALL_CODES: &[Code] = &[$(Code::$code,)*];

        impl Code {
            /// `E0401`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$code => stringify!($code),)* }
            }

            /// The kind of finding in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$code => $title,)* }
            }

            /// How bad it is unless a flag says otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Code::$code => Severity::$severity,)* }
            }

            /// The page that `sigmaglot explain CODE` prints: Markdown.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$code => include_str!(concat!("explain/", stringify!($code), ".md")),)* }
            }
        }
    };
}

codes! {
    // E00 files
    E0001 Error "file or folder cannot be read";
    E0002 Error "file is not UTF-8 text";
    E0003 Error "file holds no document";
    E0004 Error "file is too large";
    // E01 YAML
    E0101 Error "YAML cannot be read";
    E0102 Error "key occurs twice";
    E0104 Error "YAML is nested too deeply";
    E0105 Error "YAML aliases expand to too much";
    E0106 Error "document is not a map";
    // E02 rule
    E0201 Error "required attribute is missing";
    E0202 Error "attribute has the wrong type or value";
    E0203 Error "id is not a UUID";
    E0204 Error "date is not a date";
    E0205 Error "log source names nothing";
    E0206 Error "indentation was lost";
    E0207 Error "unknown or misplaced `action`";
    E0208 Error "reference to a rule that is not here";
    E0209 Error "two rules share a name or id";
    E0210 Error "correlation is incomplete or contradictory";
    E0211 Error "filter is incomplete";
    E0212 Error "global document and rule disagree";
    // E03 condition
    E0301 Error "condition cannot be read";
    E0302 Error "condition names a selection that does not exist";
    E0303 Error "selector matches no selection";
    E0304 Error "operator is not in lower case";
    E0305 Error "quantifier other than 1, any or all";
    E0306 Error "selection has a reserved name";
    E0307 Error "aggregation in a condition";
    E0308 Error "condition is nested too deeply";
    E0309 Error "condition is missing";
    // E04 modifiers and values
    E0401 Error "unknown modifier";
    E0402 Error "modifier does not take this value";
    E0403 Error "modifiers exclude each other";
    E0404 Error "`all` with a single value";
    E0405 Error "regular expression cannot be read";
    E0406 Error "regular expression uses a construct outside Sigma's";
    E0407 Error "not a network in CIDR notation";
    E0408 Error "placeholder has no values";
    E0409 Error "null inside a list of values";
    E0410 Error "list of values is empty";
    E0411 Error "selection is empty";
    E0412 Error "map as the value of a field";
    E0413 Error "value is too short to encode";
    E0414 Error "wildcard in a value that is encoded";
    E0415 Error "modifier occurs twice";
    E0416 Error "null as a keyword";
    E0417 Error "number is out of range";
    E0418 Error "rule expands to too much";
    // E05 placing
    E0501 Error "target has no table for the log source";
    E0502 Error "target has no column for the field";
    E0503 Error "target does not hold the event";
    E0504 Error "test cannot be translated to the target's columns";
    E0505 Error "target cannot search the whole event";
    E0506 Error "rule can never match on the target";
    // E06 the target cannot say it
    E0601 Error "correlations have no meaning yet";
    E0602 Error "language cannot express the test";
    E0603 Error "language cannot express the regular expression";
    E0604 Error "query exceeds a limit of the target";
    // W07 approximations and losses
    W0701 Note "target stores missing, null and empty alike";
    W0702 Warning "query is narrower than the rule";
    W0703 Warning "query is wider than the rule";
    W0704 Note "target folds the case of ASCII letters only";
    W0705 Note "sensor records only part of the log source";
    W0706 Warning "target mixes the log source with others";
    W0707 Warning "query names a macro or index that you must fill in";
    W0708 Note "values of a list are stored elsewhere";
    // W08 lints
    W0801 Warning "date is written with slashes";
    W0802 Warning "tag is not in the form the specification asks for";
    W0803 Warning "key that Sigma does not know";
    W0804 Warning "selection is never used";
    W0805 Warning "YAML 1.1 reads this value differently";
    W0806 Warning "escaped wildcard that was probably meant as one";
    W0807 Warning "redundant wildcard";
    W0808 Warning "empty value that matches everything";
    W0809 Warning "value is not in lower case";
    W0810 Warning "`action` documents are deprecated";
    W0811 Warning "filter keeps what it should exclude";
    W0812 Warning "`and` and `or` mixed without parentheses";
    W0813 Warning "wildcard that was probably meant literally";
    W0814 Note "recommended attribute is missing";
    W0815 Warning "`base64offset` without `contains`";
    W0816 Warning "value occurs twice";
    W0817 Warning "`timeframe` without an aggregation";
    W0818 Warning "correlation can never fire as written";
    W0819 Warning "rule can never match";
    W0820 Warning "value is excluded again";
    W0821 Warning "filter excludes nothing";
    // E09 schemas, pipelines, packs
    E0901 Error "schema cannot be used";
    E0902 Error "unknown target";
    // E10 events
    E1001 Error "event cannot be read";
    E1002 Error "event log is damaged";
    E1003 Error "event file cannot be read";
    // E11 engines and claims
    E1101 Error "query cannot be read";
    E1102 Error "engine does not know a construct";
    E1103 Error "query fails where it is run";
    E1104 Error "query takes too much work";
    E1105 Error "engine's program failed";
    E1106 Error "claim is refuted";
    E1107 Error "claim is unproven";
}

impl Code {
    /// The code of that name in either case, `e0401` too.
    pub fn parse(name: &str) -> Option<Code> {
        ALL_CODES.iter().copied().find(|code| code.as_str().eq_ignore_ascii_case(name))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
