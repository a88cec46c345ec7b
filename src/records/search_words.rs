//! What a document is found by. PURE: words without case and diacritics, each once.

use std::collections::BTreeSet;

use crate::agencies::words::words;
use crate::error::{INVALID, Result};

/// Words of one document that are kept, and characters of a word.
const WORDS: usize = 20_000;
const WORD: usize = 60;
/// Longest text of a search, in characters, and the words of it that count.
const TEXT: usize = 200;
const ASKED: usize = 12;

/// The words of some texts, sorted, each once; those after the limit are left out.
pub fn words_of(texts: &[&str]) -> Vec<String> {
    let all = texts.iter().flat_map(|text| words(text)).filter(|word| word.chars().count() <= WORD);
    let mut found = BTreeSet::new();
    for word in all {
        if found.len() == WORDS {
            break;
        }
        found.insert(word);
    }
    found.into_iter().collect()
}

/// What is asked for, as PostgreSQL's `tsquery`: every word has to begin one of the document's.
/// None, when nothing is asked.
pub fn query_of(text: &str) -> Result<Option<String>> {
    if text.chars().count() > TEXT {
        return Err(INVALID.at("q", "dài quá 200 ký tự", "longer than 200 characters"));
    }
    // Letters, digits and dots only: nothing of it can end the quotes.
    let asked: Vec<String> = words_of(&[text]).iter().take(ASKED).map(|word| format!("'{word}':*")).collect();
    Ok(if asked.is_empty() { None } else { Some(asked.join(" & ")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_folded_sorted_and_once() {
        assert_eq!(
            words_of(&["Giấy KHAI SINH", "số 12/2026, khai"]),
            ["12", "2026", "giay", "khai", "sinh", "so"]
        );
        assert!(words_of(&[&"a".repeat(61)]).is_empty());
    }

    #[test]
    fn a_query_asks_for_beginnings_and_quotes_nothing_that_ends_it() -> Result<()> {
        assert_eq!(query_of("Đất ' | đai:*")?.as_deref(), Some("'dai':* & 'dat':*"));
        assert_eq!(query_of(" .,' ")?, None);
        assert!(query_of(&"x ".repeat(101)).is_err());
        Ok(())
    }
}
