//! Random words that open something to whoever has them.

use rand::Rng;

/// Signs of a word: Crockford's base 32. 26 of them are 130 random bits.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 26;

/// A new word.
pub fn secret_word() -> String {
    let mut random = rand::rng();
    (0..LENGTH).map(|_| char::from(SIGNS[random.random_range(0..SIGNS.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_long_and_unlike() {
        assert!(secret_word().len() == LENGTH && secret_word() != secret_word());
    }
}
