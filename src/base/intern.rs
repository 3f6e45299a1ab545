//! Strings to small integers and back. Not for values: see `engine::table`.

use std::collections::HashMap;

/// Gives each distinct string the next integer, from zero.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    codes: HashMap<String, u32>,
    words: Vec<String>,
}

impl Interner {
    /// The code of `word`, new if it was not known.
    pub fn intern(&mut self, word: &str) -> u32 {
        if let Some(code) = self.codes.get(word) {
            return *code;
        }
        let code = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
        self.codes.insert(word.to_owned(), code);
        self.words.push(word.to_owned());
        code
    }

    /// The code of `word`, if known.
    pub fn get(&self, word: &str) -> Option<u32> {
        self.codes.get(word).copied()
    }

    /// All words, by code.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// All words, by code, taken out.
    pub fn into_words(self) -> Vec<String> {
        self.words
    }
}
