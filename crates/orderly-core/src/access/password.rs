//! Which passwords are taken: long ones that are not made of what everybody tries first.

use crate::refusal::{Code, Refusal};

/// The least characters a password has.
pub const LEAST: usize = 12;
/// The most bytes that are hashed.
const MOST_BYTES: usize = 1_024;
/// What must be left when everything guessable is taken out.
const LEAST_OWN: usize = 6;
/// The shortest run of neighbors, or of one character, that is taken out.
const RUN: usize = 4;

/// Words that the most used passwords are made of, as people write them.
const COMMON: &[&str] = &[
    "password",
    "passwort",
    "passwd",
    "pass",
    "letmein",
    "welcome",
    "willkommen",
    "admin",
    "administrator",
    "root",
    "user",
    "login",
    "secret",
    "geheim",
    "master",
    "default",
    "changeme",
    "change",
    "qwerty",
    "qwertz",
    "azerty",
    "iloveyou",
    "love",
    "princess",
    "prinzessin",
    "sunshine",
    "dragon",
    "monkey",
    "football",
    "fussball",
    "baseball",
    "basketball",
    "soccer",
    "hockey",
    "superman",
    "batman",
    "spiderman",
    "pokemon",
    "starwars",
    "shadow",
    "killer",
    "michael",
    "jordan",
    "jennifer",
    "jessica",
    "ashley",
    "charlie",
    "daniel",
    "thomas",
    "robert",
    "andrew",
    "michelle",
    "hunter",
    "ranger",
    "mustang",
    "corvette",
    "harley",
    "yankees",
    "liverpool",
    "chelsea",
    "arsenal",
    "barcelona",
    "bayern",
    "computer",
    "internet",
    "samsung",
    "google",
    "facebook",
    "linkedin",
    "apple",
    "microsoft",
    "windows",
    "whatever",
    "trustno",
    "freedom",
    "flower",
    "blume",
    "summer",
    "sommer",
    "winter",
    "spring",
    "autumn",
    "herbst",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "hello",
    "hallo",
    "bonjour",
    "test",
    "demo",
    "guest",
    "temp",
    "abc",
    "xyz",
    "ninja",
    "cheese",
    "cookie",
    "chocolate",
    "banana",
    "orange",
    "purple",
    "silver",
    "golden",
    "diamond",
    "matrix",
    "phoenix",
    "access",
    "system",
    "server",
    "oracle",
    "office",
    "company",
    "orderly",
    "order",
    "shop",
    "store",
    "warehouse",
    "money",
    "jesus",
    "angel",
    "lucky",
    "happy",
    "family",
    "baby",
    "mother",
    "father",
    "forever",
    "friends",
    "fuckyou",
    "asshole",
    "super",
    "power",
];

/// Rows of keys and letters along which fingers and minds run.
const ROWS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
    "qazwsxedcrfvtgbyhnujmik",
    "!@#$%^&*()",
    "!\"§$%&/()=",
    "147258369",
    "159357",
];

/// Refuses a password that is short or guessable. `own` are words of the person: his name, his
/// address, the merchant.
///
/// # Errors
/// `weak_password`; the refusal never repeats the password.
pub fn check(password: &str, own: &[&str]) -> Result<(), Refusal> {
    let weak = |detail: String| Err(Refusal::at(Code::WeakPassword, "/password", detail));
    if password.chars().count() < LEAST {
        return weak(format!("a password has at least {LEAST} characters; a sentence is good"));
    }
    if password.len() > MOST_BYTES {
        return weak(format!("a password has at most {MOST_BYTES} bytes"));
    }
    if own_part(password, own) < LEAST_OWN {
        return weak(
            "the password is made of what is tried first: common words, keys in a row, years, \
             repeats, your own name"
                .into(),
        );
    }
    Ok(())
}

/// How many characters are left without everything guessable.
fn own_part(password: &str, own: &[&str]) -> usize {
    let plain: Vec<char> = password.to_lowercase().chars().collect();
    let mut taken = vec![false; plain.len()];
    take_runs(&plain, &mut taken);
    take_years(&plain, &mut taken);
    let letters: Vec<char> = plain.iter().copied().map(as_letter).collect();
    let words = own.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let words = words.map(str::to_lowercase).filter(|word| word.chars().count() >= 3);
    for word in words.chain(COMMON.iter().map(|word| (*word).to_owned())) {
        let word: Vec<char> = word.chars().collect();
        take_word(&letters, &word, &mut taken);
        take_word(&plain, &word, &mut taken);
    }
    if let Some(period) = period(&plain) {
        return taken[..period].iter().filter(|taken| !**taken).count();
    }
    taken.iter().filter(|taken| !**taken).count()
}

/// The letter that a digit or sign stands for in `p4$$w0rd`.
const fn as_letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Takes out neighbors on a row, forward or backward, and repeats of one character.
fn take_runs(text: &[char], taken: &mut [bool]) {
    let rows: Vec<Vec<char>> = ROWS.iter().map(|row| row.chars().collect()).collect();
    let step = |a: char, b: char, row: &[char], forward: bool| {
        row.windows(2).any(|pair| match forward {
            true => pair[0] == a && pair[1] == b,
            false => pair[0] == b && pair[1] == a,
        })
    };
    let mut take = |next: &dyn Fn(char, char) -> bool| {
        let mut start = 0;
        for end in 1..=text.len() {
            if end < text.len() && next(text[end - 1], text[end]) {
                continue;
            }
            if end - start >= RUN {
                taken[start..end].fill(true);
            }
            start = end;
        }
    };
    take(&|a, b| a == b);
    for row in &rows {
        take(&|a, b| step(a, b, row, true));
        take(&|a, b| step(a, b, row, false));
    }
}

fn take_years(text: &[char], taken: &mut [bool]) {
    for at in 0..text.len().saturating_sub(3) {
        let four = &text[at..at + 4];
        let century = (four[0], four[1]) == ('1', '9') || (four[0], four[1]) == ('2', '0');
        if century && four.iter().all(char::is_ascii_digit) {
            taken[at..at + 4].fill(true);
        }
    }
}

fn take_word(text: &[char], word: &[char], taken: &mut [bool]) {
    for at in 0..(text.len() + 1).saturating_sub(word.len()) {
        if text[at..at + word.len()] == *word {
            taken[at..at + word.len()].fill(true);
        }
    }
}

/// The length of the piece that the text repeats, such as 4 for `ab3xab3xab3x`.
fn period(text: &[char]) -> Option<usize> {
    (1..=text.len() / 2).find(|period| {
        text.iter().zip(text.iter().skip(*period)).all(|(left, right)| left == right)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_everybody_tries_is_refused() {
        for weak in [
            "short",
            "password1234",
            "P4$$w0rd2026!",
            "iloveyou123456",
            "qwertyuiop[]",
            "1qaz2wsx3edc",
            "aaaaaaaaaaaaaaa",
            "abcdefghijkl",
            "987654321098",
            "Summer2026!!!",
            "Welcome12345!",
            "ab3xab3xab3xab3x",
            "AnnField1984!",
            "admin@123456789",
            "letmeinletmein",
        ] {
            let refused = check(weak, &["Ann Field", "ann@example.com"]).unwrap_err();
            assert_eq!(refused.code(), Code::WeakPassword, "{weak}");
            assert!(weak.len() < 8 || !refused.to_string().contains(weak), "{refused}");
        }
    }

    #[test]
    fn sentences_and_random_letters_are_taken() {
        for good in [
            "correct horse battery staple",
            "the kiln wants oak boards",
            "x7Gq-mP2v-Zt9k",
            "nine geese ate my lunch",
            "größe über höhe zählt",
        ] {
            check(good, &["Ann Field", "ann@example.com"]).unwrap();
        }
        assert!(check(&"yzq ".repeat(300), &[]).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_check_panic(text in ".{0,60}", own in ".{0,20}") {
            let _ = check(&text, &[&own]);
        }

        #[test]
        fn sixteen_random_characters_pass(text in "[a-z2-9]{16}") {
            // One in many thousands is unlucky: at most a run of four and a word of four.
            prop_assert!(own_part(&text, &[]) >= 6);
        }
    }
}
