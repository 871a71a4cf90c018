//! Reads a message before its handler: the id, and a hash of the rest.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer as Json;
use socketioxide::handler::Value;

/// A message as it arrived.
#[derive(Default)]
pub(crate) struct Envelope {
    /// The properties of its first argument, if that is an object.
    fields: Vec<(String, Node)>,
    /// A hash of everything else.
    rest: u64,
}

/// A message's id is unusable.
#[derive(Debug, PartialEq)]
pub(crate) struct Unusable;

impl Envelope {
    /// Reads an event. `None` if it can't be read.
    pub(crate) fn read(event: &Value) -> Option<Self> {
        // socketioxide's extractor does not accept property names that contain `\`.
        let Value::Str(text, attachments) = event else { return None };
        let mut envelope = Json::from_str(text.as_str()).deserialize_seq(Arguments).ok()?;
        let mut hasher = DefaultHasher::new();
        attachments.hash(&mut hasher);
        envelope.rest ^= hasher.finish();
        Some(envelope)
    }

    /// The id in the property `name`, if there is one.
    pub(crate) fn id(&self, name: &str) -> Result<Option<&str>, Unusable> {
        match self.fields.iter().rfind(|(field, _)| field == name).map(|(_, node)| &node.id) {
            None | Some(Id::Null) => Ok(None),
            Some(Id::Text(id)) if is_id(id) => Ok(Some(id)),
            Some(Id::Text(_) | Id::Other) => Err(Unusable),
        }
    }

    /// A hash of everything but the property `name`, independent of the order of properties. It distinguishes a
    /// repeat from another message with the same id. A user who constructs two messages with one hash harms only
    /// their own id.
    pub(crate) fn fingerprint(&self, name: &str) -> u64 {
        let others = self.fields.iter().filter(|(field, _)| field != name);
        let fields = others.fold(0, |sum: u64, (field, node)| sum.wrapping_add(pair(field, node)));
        hash_of((self.rest, fields))
    }
}

/// Whether it has 1 to 200 characters, as JavaScript counts them.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.encode_utf16().take(MAX_ID_LENGTH + 1).count() <= MAX_ID_LENGTH
}

/// A value within a message.
struct Node {
    hash: u64,
    id: Id,
    fields: Vec<(String, Node)>,
}

/// A value as an id.
enum Id {
    Null,
    Text(String),
    Other,
}

/// The position of a value in a message, which decides whether more than its hash is kept.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    First,
    Field,
    Inside,
}

struct Arguments;

impl<'de> Visitor<'de> for Arguments {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of an event and its arguments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Envelope, A::Error> {
        list.next_element::<IgnoredAny>()?;
        let Some(first) = list.next_element_seed(Level::First)? else {
            return Ok(Envelope::default());
        };
        let mut hasher = DefaultHasher::new();
        first.hash.hash(&mut hasher);
        while let Some(next) = list.next_element_seed(Level::Inside)? {
            next.hash.hash(&mut hasher);
        }
        Ok(Envelope { fields: first.fields, rest: hasher.finish() })
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<Node, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node { hash: hash_of("null"), id: Id::Null, fields: Vec::new() })
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::of(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(self.text(hash_of(value), || value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(self.text(hash_of(value), || value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(self.text(hash_of(value.to_bits()), || value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(self.text(hash_of(value), || value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut hasher = DefaultHasher::new();
        "list".hash(&mut hasher);
        while let Some(part) = list.next_element_seed(Level::Inside)? {
            part.hash.hash(&mut hasher);
        }
        Ok(Node { hash: hasher.finish(), id: Id::Other, fields: Vec::new() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut fields = Vec::new();
        let (mut sum, mut count) = (0_u64, 0_u64);
        let level = if self == Self::First { Self::Field } else { Self::Inside };
        while let Some(name) = map.next_key::<String>()? {
            let part = map.next_value_seed(level)?;
            if self == Self::First {
                fields.push((name, part));
            } else {
                sum = sum.wrapping_add(pair(&name, &part));
                count += 1;
            }
        }
        Ok(Node { hash: hash_of(("fields", sum, count)), id: Id::Other, fields })
    }
}

impl Level {
    /// A value that may be an id.
    fn text(self, hash: u64, text: impl FnOnce() -> String) -> Node {
        let id = if self == Self::Field { Id::Text(text()) } else { Id::Other };
        Node { hash, id, fields: Vec::new() }
    }
}

impl Node {
    fn of(value: impl Hash) -> Self {
        Self { hash: hash_of(value), id: Id::Other, fields: Vec::new() }
    }
}

fn pair(name: &str, node: &Node) -> u64 {
    hash_of((name, node.hash))
}

fn hash_of(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The client's own ids have 21 characters, a UUID has 36. The limit keeps other ids from filling the memory.
pub(crate) const MAX_ID_LENGTH: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(event: &str) -> Envelope {
        Envelope::read(&Value::Str(event.to_owned().into(), None)).expect("an event")
    }

    fn print(event: &str) -> u64 {
        read(event).fingerprint("_tempId")
    }

    #[test]
    fn an_id_is_a_text_or_a_number_of_the_first_argument() {
        let id = |event: &str| read(event).id("_tempId").map(|id| id.map(str::to_owned));
        assert_eq!(id(r#"["e",{"_tempId":"a"}]"#), Ok(Some("a".into())));
        assert_eq!(id(r#"["e",{"a\"b":0,"_tempId":17}]"#), Ok(Some("17".into())));
        for none in [r#"["e"]"#, r#"["e",null]"#, r#"["e",{}]"#, r#"["e",{"_tempId":null}]"#] {
            assert_eq!(id(none), Ok(None), "{none}");
        }
        assert_eq!(id(r#"["e",7,{"_tempId":"a"}]"#), Ok(None));
        for bad in [r#""""#, "[]", "{}", "true", &format!("{:?}", "x".repeat(201))] {
            assert_eq!(id(&format!(r#"["e",{{"_tempId":{bad}}}]"#)), Err(Unusable), "{bad}");
        }
        let longest = format!(r#"["e",{{"_tempId":{:?}}}]"#, "é".repeat(200));
        assert_eq!(id(&longest), Ok(Some("é".repeat(200))));
    }

    #[test]
    fn a_repeat_has_the_same_fingerprint_whatever_the_order_of_its_properties() {
        let one = print(r#"["e",{"_tempId":"a","x":1,"y":{"p":[1,2],"q":null}},true]"#);
        assert_eq!(one, print(r#"["e",{"y":{"q":null,"p":[1,2]},"_tempId":"b","x":1},true]"#));
    }

    #[test]
    fn other_content_has_another_fingerprint() {
        let messages = [
            r#"["e",{"x":1}]"#,
            r#"["e",{"x":"1"}]"#,
            r#"["e",{"x":2}]"#,
            r#"["e",{"y":1}]"#,
            r#"["e",{"x":1},null]"#,
            r#"["e",{"x":[1]}]"#,
            r#"["e",{"x":[[1]]}]"#,
            r#"["e",{"x":{"_tempId":"a"}}]"#,
            r#"["e",{"x":{"_tempId":"b"}}]"#,
            r#"["e",{"x":{"a":1,"b":2}}]"#,
            r#"["e",{"x":{"a":2,"b":1}}]"#,
            r#"["e",{}]"#,
            r#"["e"]"#,
            r#"["e",[]]"#,
            r#"["e",null]"#,
        ];
        let prints: std::collections::HashSet<_> = messages.map(print).into();
        assert_eq!(prints.len(), messages.len());

        let bytes = |bytes: &'static [u8]| {
            let text = r#"["e",{"x":{"_placeholder":true,"num":0}}]"#.to_owned().into();
            let event = Value::Str(text, Some(vec![bytes.into()].into()));
            Envelope::read(&event).expect("an event").fingerprint("_tempId")
        };
        assert_ne!(bytes(b"one"), bytes(b"two"));
    }
}
