//! What stands around the conditions.

use pretty_assertions::assert_eq;
use sigmaglot::backends::vql::Vql;
use sigmaglot::ir::{Case, Check, Expr, Plan};
use sigmaglot::render::{Backend, Options};
use sigmaglot::schema::{Schema, Type};

use super::{fold, leaf, member, native, numbers, query, string, sysmon};

#[test]
fn a_line_a_conjunct() {
    let target = |values: &[&str]| leaf(string("TargetFilename"), fold(values));
    let filter = Expr::All(vec![
        leaf(string("Image"), fold(&[r"*\node.exe", r"*\powershell.exe"])),
        Expr::Any(vec![
            target(&[r"C:\ProgramData\wt.exe", r"C:\ProgramData\system.bat"]),
            Expr::All(vec![
                target(&[r"*C:\Users\\*"]),
                target(&[r"*\AppData\Local\Temp\6202033.vbs*", r"*\AppData\Local\Temp\6202033.ps1*"]),
            ]),
        ]),
        Expr::Any(vec![leaf(string("User"), fold(&["a*"])), leaf(member("LogonId", Type::Long), numbers(&[999]))])
            .not(),
    ]);
    assert_eq!(
        query(filter).unwrap(),
        r"LET Logs <= '''C:/Windows/System32/winevt/Logs/'''
LET Channel(file) = SELECT * FROM foreach(
    row={ SELECT OSPath FROM glob(globs=Logs + file) },
    query={ SELECT * FROM parse_evtx(filename=OSPath) })

SELECT timestamp(epoch=System.TimeCreated.SystemTime) AS EventTime,
       System.Computer AS Computer,
       EventData.Image AS Image,
       EventData.TargetFilename AS TargetFilename,
       EventData.User AS User,
       EventData.LogonId AS LogonId
FROM Channel(file='''Microsoft-Windows-Sysmon%4Operational.evtx''')
WHERE System.EventID.Value = 1
  AND EventData.Image =~ '''\\(?:node|powershell)\.exe$'''
  AND (EventData.TargetFilename =~ '''^C:\\ProgramData\\(?:wt\.exe|system\.bat)$'''
       OR (EventData.TargetFilename =~ '''C:\\Users\\'''
           AND EventData.TargetFilename =~ '''\\AppData\\Local\\Temp\\6202033\.(?:vbs|ps1)'''))
  AND NOT EventData.User =~ '''^a'''
  AND NOT EventData.LogonId = 999"
    );
}

#[test]
fn a_keyword_brings_its_function_and_shows_the_row() {
    let keyword = leaf(native("Leaves(x=EventData)._value", Type::Dynamic), fold(&[r#"* -Confirm "False"*"#]));
    let text = query(keyword).unwrap();
    assert!(text.contains("\nLET Leaves(x) = SELECT _value FROM items(item=x)\n"), "{text}");
    assert!(text.contains("\nSELECT *,\n       timestamp("), "{text}");
    assert!(text.ends_with("AND Leaves(x=EventData)._value =~ ''' -Confirm \"False\"'''"), "{text}");
}

#[test]
fn tables_are_chained() {
    let branch = || sysmon(leaf(string("QueryName"), fold(&["a.com"])));
    let plan = Plan::Select(vec![branch(), branch()]);
    let query = Vql.query(&plan, &Options::default()).unwrap();
    assert_eq!(
        query.text,
        r"LET Logs <= '''C:/Windows/System32/winevt/Logs/'''
LET Channel(file) = SELECT * FROM foreach(
    row={ SELECT OSPath FROM glob(globs=Logs + file) },
    query={ SELECT * FROM parse_evtx(filename=OSPath) })

SELECT * FROM chain(
    t1={ SELECT timestamp(epoch=System.TimeCreated.SystemTime) AS EventTime,
                System.Computer AS Computer,
                EventData.QueryName AS QueryName
         FROM Channel(file='''Microsoft-Windows-Sysmon%4Operational.evtx''')
         WHERE System.EventID.Value = 1
           AND EventData.QueryName =~ '''^a\.com$''' },
    t2={ SELECT timestamp(epoch=System.TimeCreated.SystemTime) AS EventTime,
                System.Computer AS Computer,
                EventData.QueryName AS QueryName
         FROM Channel(file='''Microsoft-Windows-Sysmon%4Operational.evtx''')
         WHERE System.EventID.Value = 1
           AND EventData.QueryName =~ '''^a\.com$''' })"
    );
    assert_eq!(query.tables.len(), 1, "each table once");
}

#[test]
fn an_alias_never_hides_what_the_query_reads() {
    let text = query(Expr::All(vec![
        leaf(string("EventData"), fold(&["a"])),
        leaf(string("System"), fold(&["a"])),
        leaf(string("Computer"), fold(&["a"])),
        leaf(string("select"), Check::Null),
    ]))
    .unwrap();
    let (columns, _) = text.split_once("\nFROM Channel").unwrap();
    let (_, columns) = columns.split_once("SELECT timestamp").unwrap();
    assert_eq!(columns.matches(" AS ").count(), 3, "{columns}");
    assert!(columns.ends_with("EventData.`select` AS `select`"), "{columns}");
}

#[test]
fn a_rule_of_very_many_tests_is_refused() {
    let tests = (0..3000).map(|n| leaf(string(&format!("F{n}")), super::like(&["a"], Case::Fold)));
    let gaps = query(Expr::Any(tests.collect())).unwrap_err();
    assert_eq!(gaps[0].code.as_str(), "E0604");
}

#[test]
fn a_comment_is_one_line() {
    assert_eq!(Vql.comment("a\r\nb\u{2028}c */ SELECT"), "-- a  b c */ SELECT");
}

#[test]
fn the_schemas_are_sound() {
    for (name, text) in Vql.schemas() {
        let schema = Schema::parse("vql", text).unwrap();
        assert_eq!(schema.target(), format!("vql:{name}"));
        assert_eq!(schema.problems(), Vec::<String>::new());
    }
}
