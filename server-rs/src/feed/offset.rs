//! Offsets, which link a feed's items into a chain.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::sync::Arc;

/// The position of an item in its feed: `<number>.<tag>`. The tag is random. It distinguishes items that got the
/// same number in two generations of a store.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Offset {
    number: u64,
    tag: Arc<str>,
}

impl Offset {
    /// The offset of a feed without items.
    pub fn empty() -> Self {
        Self { number: 0, tag: draw() }
    }

    /// The offset for the item after this one.
    pub fn next(&self) -> Self {
        Self { number: self.number + 1, tag: draw() }
    }

    /// The number of items in the feed up to this one.
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.number, self.tag)
    }
}

/// The text is not an offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoOffset;

impl fmt::Display for NoOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an offset is `<number>.<tag>`, with 6 to 32 characters of 0-9a-z as its tag")
    }
}

impl std::error::Error for NoOffset {}

impl FromStr for Offset {
    type Err = NoOffset;

    fn from_str(text: &str) -> Result<Self, NoOffset> {
        let (number, tag) = text.split_once('.').ok_or(NoOffset)?;
        let is_plain =
            number == "0" || (!number.starts_with('0') && is_all(number, u8::is_ascii_digit));
        let is_tag = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
        if !is_plain || !TAG_LENGTHS.contains(&tag.len()) || !is_all(tag, is_tag) {
            return Err(NoOffset);
        }
        let number = number.parse().ok().filter(|number| *number <= MAX_NUMBER).ok_or(NoOffset)?;
        Ok(Self { number, tag: tag.into() })
    }
}

fn is_all(text: &str, is: impl Fn(&u8) -> bool) -> bool {
    !text.is_empty() && text.as_bytes().iter().all(is)
}

/// A tag of 10 characters, from the random keys that the standard library makes for its maps.
fn draw() -> Arc<str> {
    // The keys are random for each thread, and differ for each call.
    let mut lot = RandomState::new().hash_one("holdfast");
    let mut tag = String::with_capacity(10);
    for _ in 0..10 {
        tag.push(char::from(DIGITS[(lot % 36) as usize]));
        lot /= 36;
    }
    tag.into()
}

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const TAG_LENGTHS: std::ops::RangeInclusive<usize> = 6..=32;
/// The largest number that JavaScript counts exactly.
const MAX_NUMBER: u64 = (1 << 53) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_read_as_it_is_written() {
        let offset = Offset::empty().next().next();
        assert_eq!(offset.number(), 2);
        assert_eq!(offset.to_string().parse(), Ok(offset));
        assert_eq!(format!("{MAX_NUMBER}.abc123").parse::<Offset>().unwrap().number(), MAX_NUMBER);
    }

    #[test]
    fn tags_differ() {
        let drawn = std::iter::repeat_with(draw).take(10_000);
        assert_eq!(drawn.collect::<std::collections::HashSet<_>>().len(), 10_000);
    }

    #[test]
    fn other_texts_are_no_offsets() {
        for text in [
            "",
            ".",
            "1",
            "1.",
            ".aaaaaa",
            "-1.aaaaaa",
            "+1.aaaaaa",
            "01.aaaaaa",
            "1e3.aaaaaa",
            "1.aaaaa",
            "1.aaaaaA",
            " 1.aaaaaa",
            "1.aaaaaa ",
            "1.aaaaaa.b",
            "1.aaaaaa\n",
            "9007199254740992.aaaaaa",
            "99999999999999999999999.aaaaaa",
            "\u{661}.aaaaaa",
            "1.\u{e4}aaaaaa",
        ] {
            assert_eq!(text.parse::<Offset>(), Err(NoOffset), "{text:?}");
        }
        assert_eq!(format!("1.{}", "a".repeat(33)).parse::<Offset>(), Err(NoOffset));
    }
}
