//! Words without diacritics, by which agencies and procedures are found: "Hạ Long" by "ha long".

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The words of a text in lower case without diacritics; "đ" has no decomposition.
/// A dot inside a word stays, for `1.001193`.
pub fn words(text: &str) -> Vec<String> {
    let plain: String = text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect();
    let parts = plain.split(|c: char| !c.is_alphanumeric() && c != '.').map(|word| word.trim_matches('.'));
    parts.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What a search looks at: every word after a space.
pub fn haystack(texts: &[&str]) -> String {
    texts.iter().flat_map(|text| words(text)).map(|word| format!(" {word}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_case_marks_and_punctuation() {
        assert_eq!(
            words("UBND phường Hạ Long – Đông Triều"),
            ["ubnd", "phuong", "ha", "long", "dong", "trieu"]
        );
        assert_eq!(words("H49.22."), ["h49.22"]);
        assert_eq!(haystack(&["H49", "Tỉnh Quảng Ninh"]), " h49 tinh quang ninh");
    }
}
