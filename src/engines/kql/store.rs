//! What a place's tables hold of an event, from `tables/*.yml`.
use super::run::Schemas;
use crate::engines::Stored;
use crate::event::Event;
pub(super) struct Place {
    schemas: Schemas,
}
pub(super) fn place(_: &str) -> Result<&'static Place, String> {
    Err("none".to_owned())
}
impl Place {
    pub(super) fn store(&self, _: &Event) -> Stored {
        Stored::Outside(String::new())
    }
    pub(super) fn held(&self, _: &Event) -> Option<Event> {
        None
    }
    pub(super) fn schemas(&self) -> &Schemas {
        &self.schemas
    }
}
