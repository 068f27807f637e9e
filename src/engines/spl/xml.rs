//! XML as `spath` reads it (Search Reference, spath: paths of elements with dots, attributes as `{@name}`).

use nom::bytes::complete::{tag, take_until, take_while, take_while1};
use nom::combinator::opt;
use nom::multi::many0;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser, branch::alt, character::complete::char};

use crate::engines::Refusal;

/// How deep elements may nest.
const DEPTH: usize = 100;

fn name(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':')).parse(input)
}

fn attribute(input: &str) -> IResult<&str, (&str, &str)> {
    let single = delimited(char('\''), take_while(|c| c != '\''), char('\''));
    let double = delimited(char('"'), take_while(|c| c != '"'), char('"'));
    let input = input.trim_start();
    (terminated(name, tag("=")), alt((single, double))).parse(input)
}

/// A start tag: name, attributes, whether it is closed at once.
type Start<'a> = (&'a str, Vec<(&'a str, &'a str)>, bool);

fn start(input: &str) -> IResult<&str, Start<'_>> {
    let (rest, (name, attributes)) = preceded(char('<'), (name, many0(attribute))).parse(input)?;
    let (rest, slash) = opt(char('/')).parse(rest.trim_start())?;
    let (rest, _) = char('>').parse(rest)?;
    Ok((rest, (name, attributes, slash.is_some())))
}

fn end(input: &str) -> IResult<&str, &str> {
    delimited(tag("</"), name, (take_while(char::is_whitespace), char('>'))).parse(input)
}

/// A declaration or a comment.
fn aside(input: &str) -> IResult<&str, &str> {
    let declaration = delimited(tag("<?"), take_until("?>"), tag("?>"));
    let comment = delimited(tag("<!--"), take_until("-->"), tag("-->"));
    alt((declaration, comment)).parse(input)
}

/// The texts of the elements, or the attributes, at a path; none where the text is no XML.
pub(super) fn path(text: &str, path: &str) -> Result<Vec<String>, Refusal> {
    let (elements, wanted) = match path.split_once("{@") {
        Some((elements, attribute)) => match attribute.strip_suffix('}') {
            Some(attribute) => (elements, Some(attribute)),
            None => return Err(Refusal::Unknown(format!("the path {path} of spath"))),
        },
        None => (path, None),
    };
    if elements.contains(['{', '*']) {
        return Err(Refusal::Unknown(format!("the path {path} of spath")));
    }
    let steps: Vec<&str> = elements.split('.').collect();
    let (mut open, mut found) = (Vec::new(), Vec::new());
    let mut rest = text.trim_start();
    let mut inside: Option<String> = None;
    while !rest.is_empty() {
        if let Ok((after, _)) = aside(rest) {
            rest = after;
        } else if let Ok((after, name)) = end(rest) {
            if open == steps
                && let Some(text) = inside.take()
                && wanted.is_none()
            {
                found.push(text);
            }
            if open.pop() != Some(name) {
                return Ok(Vec::new());
            }
            rest = after;
        } else if let Ok((after, (name, attributes, closed))) = start(rest) {
            if open.len() >= DEPTH {
                return Err(Refusal::Limit);
            }
            open.push(name);
            if open == steps {
                inside = Some(String::new());
                if let Some((_, value)) = attributes.iter().find(|(name, _)| Some(*name) == wanted) {
                    found.push(decoded(value));
                }
            }
            if closed {
                open.pop();
                inside = None;
            }
            rest = after;
        } else {
            let length = rest.char_indices().skip(1).find(|(_, c)| *c == '<').map_or(rest.len(), |(at, _)| at);
            let (here, after) = rest.split_at(length);
            if here.starts_with('<') {
                return Ok(Vec::new());
            }
            if open == steps
                && let Some(inside) = &mut inside
            {
                inside.push_str(&decoded(here));
            }
            rest = after;
        }
    }
    found.retain(|text| !text.is_empty());
    Ok(found)
}

fn decoded(text: &str) -> String {
    let mut text = text.to_owned();
    for (entity, c) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
        text = text.replace(entity, c);
    }
    text
}
