//! The schema files of KQL.

use pretty_assertions::assert_eq;
use sigmaglot::backends::kql::Kql;
use sigmaglot::render::Backend;
use sigmaglot::schema::Schema;

#[test]
fn the_schema_names_only_columns_that_its_tables_have() {
    let (name, text) = Kql.schemas()[0];
    let schema = Schema::parse("kql", text).expect("the schema is valid");
    assert_eq!(name, "defender");
    assert_eq!(schema.target(), "kql:defender");
    assert_eq!(schema.problems(), Vec::<String>::new());
}
