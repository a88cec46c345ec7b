//! The macro behind every closed vocabulary: a word is stored, sent and read
//! in exactly one spelling, and everything else is refused.

/// A text that is none of the words of a closed vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word `{0}`")]
pub struct UnknownWord(pub String);

/// Declares a closed enum: variant = "stored word", "Vietnamese", "English". The word is
/// taken as a bare token, since derives do not see through a `literal`.
macro_rules! words {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$doc:meta])* $variant:ident = $word:tt, $vi:literal, $en:literal; )+
        }
    ) => {
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        $(#[$meta])*
        pub enum $name {
            $( $(#[$doc])* #[serde(rename = $word)] $variant, )+
        }

        impl $name {
            /// Every word, in the order of declaration.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The stored spelling.
            pub const fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )+ }
            }

            /// What people read, in Vietnamese.
            pub const fn vi(self) -> &'static str {
                match self { $( Self::$variant => $vi, )+ }
            }

            /// What people read, in English.
            pub const fn en(self) -> &'static str {
                match self { $( Self::$variant => $en, )+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::workflow::UnknownWord;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|known| known.word() == text)
                    .ok_or_else(|| $crate::workflow::UnknownWord(text.to_owned()))
            }
        }
    };
}

pub(crate) use words;
