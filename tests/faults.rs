//! A check that cannot fail proves nothing: deliberate faults must be found by the agreement of query and rule.

use sigmaglot::agreement::{Judged, Status};
use sigmaglot::compile::Target;
use sigmaglot::engines::engine;
use sigmaglot::render::Options;
use sigmaglot::source::SourceId;

use crate::agreement::{NOW, rules};

#[test]
fn a_wrong_query_is_refuted() {
    let rule = r"
title: A child of node
logsource: {product: windows, category: process_creation}
detection:
    selection: {ParentImage|endswith: '\node.exe'}
    filter: {User: 'CORP\ci'}
    condition: selection and not filter
";
    let rule = &rules(&[("rule.yml".to_owned(), rule.to_owned())])[0];
    let faults = [
        ("kql", "ParentImage", "endswith @\"\\node.exe\"", "endswith @\"node.exe\""),
        ("kql", "User", "not(AccountDomain =~ \"CORP\" and", "not(AccountDomain =~ \"CORP\" or"),
        ("kql", "kind", "ActionType == \"ProcessCreated\"", "ActionType == \"ProcessTerminated\""),
        ("spl", "ParentImage", "ParentImage=\"*\\\\node.exe\"", "ParentImage=\"*node.exe\""),
        ("spl", "User", "NOT User=\"CORP\\\\ci\"", "User!=\"CORP\\\\ci\""),
        ("spl", "kind", "EventCode=1", "EventCode=5"),
        ("vql", "ParentImage", "'''\\\\node\\.exe$'''", "'''node.exe'''"),
        ("vql", "User", "NOT EventData.User =~ '''^CORP\\\\ci$'''", "NOT EventData.User = '''CORP\\ci'''"),
        ("vql", "kind", "System.EventID.Value = 1", "System.EventID.Value = 5"),
    ];
    for (language, what, right, wrong) in faults {
        let target = &Target::resolve(language).expect("the schema is sound")[0];
        let query = target.compile(&rule.plan, &Options::default()).query.expect("a query").text;
        assert!(query.contains(right), "{language}, {what}: {query}");
        let faulty = query.replace(right, wrong);
        let judged = Judged::Foreign { query: &faulty, source: SourceId::default() };
        let verdict = rule.case.judge(judged, target, &[], engine(language).expect("an engine"), NOW);
        assert_eq!(verdict.status, Status::Refuted, "{language}, {what}: {faulty}");
        assert!(!verdict.refuted.is_empty());
    }
}
