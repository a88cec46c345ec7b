//! Reads a flat JSON object and keeps every value as it was written.
//!
//! A digest is over the characters that the sender wrote. A number that went through a
//! parser (`1e3`, `7000.0`, 2⁶³) comes out with other characters, and of two equal keys a
//! parser silently takes one. So numbers stay text here, and a second key is refused.

use serde::de::IgnoredAny;

/// Fields a message may have; the longest known has sixteen.
const FIELDS_LIMIT: usize = 64;

/// The members of a flat object in their order; `None` when the text is anything else: not
/// UTF-8, not JSON, nested, with a key twice, or with a NUL, which PostgreSQL cannot store.
pub fn read(raw: &[u8]) -> Option<Vec<(String, String)>> {
    let mut rest = Reader { rest: std::str::from_utf8(raw).ok()? };
    let mut members: Vec<(String, String)> = Vec::new();
    rest.take('{')?;
    if rest.take('}').is_some() {
        return rest.at_end().then_some(members);
    }
    loop {
        let key = rest.string()?;
        rest.take(':')?;
        let value = rest.value()?;
        if members.len() == FIELDS_LIMIT || members.iter().any(|(known, _)| *known == key) {
            return None;
        }
        members.push((key, value));
        if rest.take(',').is_none() {
            rest.take('}')?;
            return rest.at_end().then_some(members);
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn at_end(&mut self) -> bool {
        self.skip_space();
        self.rest.is_empty()
    }

    /// The next sign, if it is this one.
    fn take(&mut self, sign: char) -> Option<()> {
        self.skip_space();
        self.rest = self.rest.strip_prefix(sign)?;
        Some(())
    }

    /// A string, unescaped.
    fn string(&mut self) -> Option<String> {
        self.skip_space();
        let mut escaped = false;
        let end = self.rest.char_indices().skip(1).find_map(|(at, c)| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes.then_some(at + 1)
        })?;
        let (token, rest) = self.rest.split_at(end);
        let text: String = serde_json::from_str(token).ok()?;
        self.rest = rest;
        (!text.contains('\0')).then_some(text)
    }

    /// A string unescaped, a number as written, `null` as the empty text.
    fn value(&mut self) -> Option<String> {
        self.skip_space();
        if self.rest.starts_with('"') {
            return self.string();
        }
        let end = self.rest.find([',', '}', ' ', '\t', '\r', '\n'])?;
        let (token, rest) = self.rest.split_at(end);
        if token == "null" {
            self.rest = rest;
            return Some(String::new());
        }
        token.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then_some(())?;
        serde_json::from_str::<IgnoredAny>(token).ok()?;
        self.rest = rest;
        Some(token.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    fn value(raw: &str) -> Option<String> {
        read(raw.as_bytes())?.pop().map(|(_, value)| value)
    }

    // Mutant: parse with serde_json::Value and print the numbers again.
    #[test]
    fn numbers_stay_as_written() {
        for number in ["7000", "7e3", "7000.0", "-1", "0", "9223372036854775808", "1e999", "0.70e4"] {
            assert_eq!(value(&format!("{{ \"a\" :\n{number} }}")).as_deref(), Some(number));
        }
    }

    #[test]
    fn strings_are_unescaped() {
        assert_eq!(value(r#"{"a":"Thành công"}"#).as_deref(), Some("Thành công"));
        assert_eq!(value(r#"{"a":"a\\\"b\u0041"}"#).as_deref(), Some("a\\\"bA"));
        assert_eq!(value(r#"{"a":"\\"}"#).as_deref(), Some("\\"));
        assert_eq!(value(r#"{"a":null}"#).as_deref(), Some(""));
        assert_eq!(read(b" {} "), Some(Vec::new()));
    }

    // Mutant: collect the members into a map.
    #[test]
    fn a_key_twice_is_refused_even_when_escaped() {
        assert_eq!(read(br#"{"a":1,"a":1}"#), None);
        assert_eq!(read(br#"{"a":1,"\u0061":2}"#), None);
    }

    #[test]
    fn what_is_not_a_flat_object_is_refused() {
        let bad: [&[u8]; 20] = [
            b"",
            b"{",
            b"}",
            b"[]",
            b"7",
            b"null",
            b"{\"a\"}",
            b"{\"a\":}",
            b"{\"a\":1,}",
            b"{\"a\":1}x",
            b"{\"a\":{}}",
            b"{\"a\":[1]}",
            b"{\"a\":true}",
            b"{\"a\":07}",
            b"{\"a\":+7}",
            b"{\"a\":0x7}",
            b"{\"a\":\"\\u0000\"}",
            b"{\"a\":\"\\ud800\"}",
            b"{\"a\":\"\xff\"}",
            b"{a:1}",
        ];
        for raw in bad {
            assert_eq!(read(raw), None, "{}", String::from_utf8_lossy(raw));
        }
    }
}
