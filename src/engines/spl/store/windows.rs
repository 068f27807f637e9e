//! Events of the Windows event log as XML (`renderXml = true`), and what the add-on takes out of it with regular
//! expressions. They read the XML's text as it stands: `&`, `<` and `>` are held as `&amp;`, `&lt;` and `&gt;`, and the
//! value of an attribute with its quotation marks (Splunk Add-on for Microsoft Windows, transforms.conf:
//! `eventdata_xml_data`, `system_props_xml_attributes`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Row;
use super::paths::{clean, field, text};
use crate::event::Event;

/// How a source renders events, and which parts are fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Windows {
    /// Column → field, for the elements of System.
    columns: BTreeMap<String, String>,
    /// Column → field, or the first of several (`|`), for the attributes of these elements.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// Column → a field whose presence takes it away.
    #[serde(default)]
    without: BTreeMap<String, String>,
    /// Fields that the XML does not have.
    #[serde(default)]
    never: Vec<String>,
    /// Channel → names of data that have blanks. Sigma writes them without.
    #[serde(default)]
    spaced: BTreeMap<String, Vec<String>>,
    /// Fields of System that are whole numbers.
    #[serde(default)]
    numbers: Vec<String>,
    /// Channel → event → data of these events, with its values.
    #[serde(default)]
    words: BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<String>>>>,
    /// Channel → event → data without which it cannot be told what happened.
    #[serde(default)]
    needed: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Channels whose events have no data but such without names.
    #[serde(default)]
    nameless: Vec<String>,
    /// Events whose data is not in EventData.
    #[serde(default)]
    user_data: Vec<UserData>,
    /// The field that lists hashes by their algorithms, and the columns that are made of it.
    hashes: Option<Hashes>,
    /// Who writes the XML.
    writer: Writer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserData {
    channel: String,
    /// Ids of the channel's events; none for all.
    #[serde(default)]
    ids: Vec<String>,
    /// Whether the add-on takes it apart.
    #[serde(default)]
    read: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hashes {
    field: String,
    columns: Vec<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Writer {
    /// Windows: attributes in single quotation marks, none of them escaped in texts.
    Windows,
    /// libxml2, which SysmonForLinux uses, on a line of syslog: attributes in double quotation marks, which are escaped
    /// in texts too.
    Libxml,
}

/// A piece of data: the event's own name for it, the XML's, and the texts of its elements.
struct Data<'e> {
    field: &'e str,
    name: String,
    texts: Vec<String>,
}

/// The first of several names that the event has.
fn own<'n>(fields: &Map<String, Value>, names: &'n str) -> &'n str {
    names.split('|').find(|name| field(fields, name).is_some()).unwrap_or(names)
}

impl Windows {
    /// The columns of an event.
    pub(super) fn row(&self, event: &Event) -> Result<Row, String> {
        let fields = &event.fields;
        let data = self.data(fields)?;
        self.check(fields, &data)?;
        let mut row = Map::new();
        let mut put = |column: String, text: String| {
            row.entry(column).or_insert(Value::String(text));
        };
        for (column, from) in &self.columns {
            let gone = self.without.get(column).is_some_and(|name| field(fields, name).is_some());
            if let Some(value) = self.one(fields, from)?.filter(|_| !gone) {
                put(column.clone(), self.written(&value));
            }
        }
        for (column, from) in &self.attributes {
            if let Some(value) = self.one(fields, own(fields, from))? {
                if value.contains(['\'', '"', '<', '&']) {
                    return Err(format!("{column} is a name, a number or a GUID, and has none of ' \" < &"));
                }
                put(column.clone(), self.quoted(&value));
            }
        }
        let user_data = self.user_data(fields);
        if user_data.is_none_or(|user_data| user_data.read) {
            for piece in data.iter().filter(|piece| piece.name != "Data") {
                for text in piece.texts.iter().filter(|text| !text.is_empty()) {
                    put(clean(&piece.name), self.written(text));
                }
            }
        }
        if let Some(Hashes { field: name, columns }) = &self.hashes {
            for hash in field(fields, name).unwrap_or_default().split(',') {
                if let Some((column, hash)) = hash.split_once('=').filter(|(name, _)| columns.iter().any(|c| c == name))
                {
                    put(column.to_owned(), hash.to_owned());
                }
            }
        }
        let system = self.system(fields);
        let inner = self.elements(&data, user_data.is_some());
        let element = if user_data.is_some() { "UserData" } else { "EventData" };
        put("System_Props_Xml".to_owned(), system.clone());
        put(format!("{element}_Xml"), inner.clone());
        let start = match self.writer {
            Writer::Windows => "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>",
            Writer::Libxml => "<Event>",
        };
        let raw = format!("{start}<System>{system}</System><{element}>{inner}</{element}></Event>");
        put("_raw".to_owned(), raw);
        Ok(row)
    }

    /// The event without what the XML does not have or the add-on does not take out.
    pub(super) fn held(&self, event: &Event) -> Result<Map<String, Value>, String> {
        let fields = &event.fields;
        let row = self.row(event)?;
        let columns = self.columns.iter().chain(&self.attributes);
        let mut kept: Vec<&str> =
            columns.filter(|(column, _)| row.contains_key(*column)).map(|(_, from)| own(fields, from)).collect();
        let data = self.data(fields)?;
        let is_held = |piece: &&Data<'_>| piece.name == "Data" || row.contains_key(&clean(&piece.name));
        kept.extend(data.iter().filter(is_held).map(|piece| piece.field));
        // Who may not be read from a column is still in the XML.
        let marks = ["Channel", "EventID", "EventID_Qualifiers"];
        let keep = |name: &String| kept.contains(&name.as_str()) || marks.contains(&name.as_str());
        let mut held = fields.clone();
        let unread = self.user_data(fields).is_some_and(|user_data| !user_data.read);
        held.retain(|name, _| keep(name) || (unread && data.iter().any(|piece| piece.field == name)));
        Ok(held)
    }

    /// Whether such an event is written.
    fn check(&self, fields: &Map<String, Value>, data: &[Data<'_>]) -> Result<(), String> {
        let is_number = |name: &&String| {
            field(fields, name).is_none_or(|text| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit()))
        };
        if let Some(name) = self.numbers.iter().find(|name| !is_number(name)) {
            return Err(format!("{name} is a number"));
        }
        if fields.get("Channel").is_some_and(|channel| !channel.is_string()) {
            return Err("Channel is a text".to_owned());
        }
        let channel = field(fields, "Channel").unwrap_or_default();
        let id = field(fields, "EventID").unwrap_or_default();
        let named = data.iter().find(|piece| piece.name != "Data");
        match named {
            Some(piece) if self.nameless.iter().any(|known| known.eq_ignore_ascii_case(&channel)) => {
                return Err(format!("the data of its events has no names, such as {}", piece.name));
            }
            // A template names its data; a classic event has texts for its message.
            Some(piece) if data.iter().any(|piece| piece.name == "Data") => {
                return Err(format!("data without a name stands in no event with {}", piece.name));
            }
            _ => {}
        }
        let known = self.words.iter().find(|(name, _)| name.eq_ignore_ascii_case(&channel));
        for (name, words) in known.and_then(|(_, events)| events.get(&id)).into_iter().flatten() {
            if field(fields, name).is_some_and(|text| !words.iter().any(|word| word.eq_ignore_ascii_case(&text))) {
                return Err(format!("{name} is one of {} there", words.join(", ")));
            }
        }
        let known = self.needed.iter().find(|(name, _)| name.eq_ignore_ascii_case(&channel));
        let mut needed = known.and_then(|(_, events)| events.get(&id)).into_iter().flatten();
        if let Some(name) = needed.find(|name| field(fields, name).is_none()) {
            return Err(format!("without {name} it cannot be told what happened"));
        }
        Ok(())
    }

    /// The one text of a field of System; an error where it has several.
    fn one(&self, fields: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
        if fields.get(name).is_some_and(|value| value.is_array() || value.is_object()) {
            return Err(format!("{name} is one element of System"));
        }
        Ok(field(fields, name))
    }

    /// What the XML holds besides System. The names of a template's data differ (Event Schema, DataDefinitionType: `name`
    /// is unique within the template), so that only data without a name of its own, which readers call Data, may be
    /// several.
    fn data<'e>(&self, fields: &'e Map<String, Value>) -> Result<Vec<Data<'e>>, String> {
        let channel = field(fields, "Channel").unwrap_or_default();
        let spaced = self.spaced.iter().find(|(name, _)| name.eq_ignore_ascii_case(&channel)).map(|(_, names)| names);
        let spaced = |name: &str| spaced.into_iter().flatten().find(|spaced| spaced.replace(' ', "") == name);
        let attributes = self.attributes.values().flat_map(|names| names.split('|'));
        let system: Vec<&str> = self.columns.values().map(String::as_str).chain(attributes).collect();
        let mut data = Vec::new();
        for (name, value) in fields {
            // Readers give a name with blanks twice.
            let twice = name.contains(' ') && fields.contains_key(&name.replace(' ', ""));
            let shipped = self.never.contains(name)
                && (spaced(name).is_none() || fields.get("Provider_Name").is_some_and(|provider| provider == value));
            if system.contains(&name.as_str()) || shipped || twice {
                continue;
            }
            let texts = match value {
                Value::Object(_) => return Err(format!("{name} holds an object, which no Data element can")),
                Value::Array(list) if name == "Data" => {
                    list.iter().map(|value| text(value).unwrap_or_default()).collect()
                }
                Value::Array(_) => return Err(format!("{name} is one Data element, not several")),
                value => vec![text(value).unwrap_or_default()],
            };
            if self.writer == Writer::Libxml && texts.iter().any(|text| text.contains(char::is_control)) {
                return Err(format!("{name} has a control character, and a record of syslog is one line"));
            }
            let name_in_xml = spaced(name).map_or_else(|| name.clone(), Clone::clone);
            data.push(Data { field: name, name: name_in_xml, texts });
        }
        Ok(data)
    }

    fn user_data(&self, fields: &Map<String, Value>) -> Option<&UserData> {
        let channel = field(fields, "Channel")?;
        let id = field(fields, "EventID").unwrap_or_default();
        self.user_data.iter().find(|known| {
            known.channel.eq_ignore_ascii_case(&channel) && (known.ids.is_empty() || known.ids.contains(&id))
        })
    }

    /// The data as elements. Of UserData only what is in the provider's own element, whose name readers leave out.
    fn elements(&self, data: &[Data<'_>], user_data: bool) -> String {
        let mut out = String::new();
        for Data { name, texts, .. } in data {
            for text in texts {
                let text = self.written(text);
                out += &match (user_data, name.as_str()) {
                    (true, name) => format!("<{name}>{text}</{name}>"),
                    (false, "Data") => format!("<Data>{text}</Data>"),
                    (false, name) => format!("<Data Name={}>{text}</Data>", self.quoted(name)),
                };
            }
        }
        out
    }

    /// What stands in System.
    fn system(&self, fields: &Map<String, Value>) -> String {
        let get = |name: &str| self.written(&field(fields, name).unwrap_or_default());
        let attribute = |name: &str, from: &str| match field(fields, own(fields, from)) {
            Some(value) => format!(" {name}={}", self.quoted(&value)),
            None => String::new(),
        };
        let mut out = format!(
            "<Provider{}{}{}/><EventID{}>{}</EventID>",
            attribute("Name", "Provider_Name"),
            attribute("Guid", "Provider_Guid"),
            attribute("EventSourceName", "Provider_EventSourceName"),
            attribute("Qualifiers", "EventID_Qualifiers"),
            get("EventID"),
        );
        for name in ["Version", "Level", "Task", "Opcode", "Keywords"] {
            if field(fields, name).is_some() {
                out += &format!("<{name}>{}</{name}>", get(name));
            }
        }
        out + &format!(
            "<TimeCreated{}/><EventRecordID>{}</EventRecordID><Correlation{}/><Execution{}{}/><Channel>{}</Channel>\
             <Computer>{}</Computer><Security{}/>",
            attribute("SystemTime", "TimeCreated_SystemTime|TimeCreated"),
            get("EventRecordID"),
            attribute("ActivityID", "Correlation_ActivityID"),
            attribute("ProcessID", "Execution_ProcessID"),
            attribute("ThreadID", "Execution_ThreadID"),
            get("Channel"),
            get("Computer"),
            attribute("UserID", "Security_UserID"),
        )
    }

    /// A text as it stands in the XML.
    fn written(&self, text: &str) -> String {
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        match self.writer {
            Writer::Windows => text,
            Writer::Libxml => text.replace('"', "&quot;"),
        }
    }

    /// The value of an attribute, with its quotation marks.
    fn quoted(&self, text: &str) -> String {
        match self.writer {
            Writer::Windows => format!("'{}'", self.written(text).replace('\'', "&apos;")),
            Writer::Libxml => format!("\"{}\"", self.written(text)),
        }
    }
}
