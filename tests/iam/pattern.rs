//! Patterns against every word of a small world.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use iacscan::iam::glob::{Except, Glob, Hole, MAX_STATES, Symbol, regions};
use iacscan::value::Truth;
use proptest::prelude::*;

/// Whether a word matches a pattern, by trying everything.
fn matches(pattern: &[char], word: &[char]) -> bool {
    match pattern.split_first() {
        None => word.is_empty(),
        Some(('*', rest)) => (0..=word.len()).any(|taken| matches(rest, &word[taken..])),
        // Of a run without `/`.
        Some(('+', rest)) => (0..=word.len())
            .take_while(|taken| !word[..*taken].contains(&'/'))
            .any(|taken| matches(rest, &word[taken..])),
        Some(('?', rest)) => !word.is_empty() && matches(rest, &word[1..]),
        Some((letter, rest)) => word.first() == Some(letter) && matches(rest, &word[1..]),
    }
}

/// All words of up to six letters, of which `c` occurs in no pattern.
static WORDS: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| words(&['a', 'b', 'c'], 6));
static PATHS: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| words(&['a', '/', 'c'], 6));

fn words(letters: &[char], longest: usize) -> Vec<Vec<char>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last
            .iter()
            .flat_map(|word: &Vec<char>| letters.iter().map(|letter| [word.as_slice(), &[*letter]].concat()))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

fn language<'w>(pattern: &str, words: &'w [Vec<char>]) -> BTreeSet<&'w [char]> {
    let pattern: Vec<char> = pattern.chars().collect();
    words.iter().filter(|word| matches(&pattern, word)).map(Vec::as_slice).collect()
}

/// A pattern in which `+` is a run without `/`.
fn glob(pattern: &str) -> Glob {
    Glob::of_symbols(pattern.chars().map(|character| match character {
        '+' => Symbol::Run(Except::Slash),
        '*' => Symbol::Run(Except::Nothing),
        '?' => Symbol::One,
        other => Symbol::Char(other),
    }))
}

/// A pattern in which `1` and `2` are holes, each the same wherever it occurs.
fn with_holes(pattern: &str) -> Glob {
    Glob::of_symbols(pattern.chars().map(|character| match character {
        '1' | '2' => Symbol::Hole(Hole { same: Some(character.to_string().into()), ..Hole::open() }),
        '*' => Symbol::Run(Except::Nothing),
        '?' => Symbol::One,
        other => Symbol::Char(other),
    }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn containment_and_intersection_are_exact(a in "[ab*?]{0,4}", b in "[ab*?]{0,4}") {
        let (of_a, of_b) = (language(&a, &WORDS), language(&b, &WORDS));
        prop_assert_eq!(glob(&a).covers(&glob(&b)), Truth::from(of_b.is_subset(&of_a)));
        prop_assert_eq!(glob(&a).meets(&glob(&b)), Truth::from(!of_a.is_disjoint(&of_b)));
    }

    #[test]
    fn runs_that_take_no_slash_are_exact(a in "[a/*+]{0,4}", b in "[a/+?]{0,4}") {
        let (of_a, of_b) = (language(&a, &PATHS), language(&b, &PATHS));
        prop_assert_eq!(glob(&a).covers(&glob(&b)), Truth::from(of_b.is_subset(&of_a)));
        prop_assert_eq!(glob(&b).covers(&glob(&a)), Truth::from(of_a.is_subset(&of_b)));
        prop_assert_eq!(glob(&a).meets(&glob(&b)), Truth::from(!of_a.is_disjoint(&of_b)));
    }

    #[test]
    fn regions_are_those_of_some_word(patterns in prop::collection::vec("[ab*?]{0,4}", 0..4)) {
        let globs: Vec<Glob> = patterns.iter().map(|pattern| glob(pattern)).collect();
        let found = regions(&globs, MAX_STATES).unwrap();
        let symbols: Vec<Vec<char>> = patterns.iter().map(|pattern| pattern.chars().collect()).collect();
        let members = |word: &[char]| symbols.iter().map(|pattern| matches(pattern, word)).collect::<Vec<bool>>();
        for region in &found {
            let witness: Vec<char> = region.witness.chars().collect();
            prop_assert_eq!(&members(&witness), &region.members, "{}", region.witness);
        }
        let by_words: BTreeSet<Vec<bool>> = WORDS.iter().map(|word| members(word)).collect();
        let by_regions: BTreeSet<Vec<bool>> = found.into_iter().map(|region| region.members).collect();
        prop_assert_eq!(by_words, by_regions);
    }

    #[test]
    fn what_is_certain_with_holes_holds_for_every_filling(a in "[ab*?12]{0,4}", b in "[ab*?12]{0,4}") {
        let (covers, meets) = (with_holes(&a).covers(&with_holes(&b)), with_holes(&a).meets(&with_holes(&b)));
        for first in ["", "a", "b", "*", "?", "a*b"] {
            for second in ["", "b", "ba", "*", "*a"] {
                let fill = |pattern: &str| glob(&pattern.replace('1', first).replace('2', second));
                let filled = fill(&a).covers(&fill(&b));
                prop_assert!(covers == Truth::Unknown || covers == filled, "`{first}` and `{second}`: {covers:?}");
                let filled = fill(&a).meets(&fill(&b));
                prop_assert!(meets == Truth::Unknown || meets == filled, "`{first}` and `{second}`: {meets:?}");
            }
        }
    }
}

#[test]
fn a_wildcard_stays_within_a_segment_unless_it_ends_it() {
    let covers = |pattern: &str, arn: &str| Glob::pattern(pattern).within_segments().covers(&Glob::literal(arn));
    let arn = "arn:aws:sns:eu-west-1:123456789012:topic";
    assert_eq!(covers("arn:aws:sns:*:123456789012:topic", arn), Truth::True);
    assert_eq!(covers("arn:aws:sns:eu-*:topic", arn), Truth::True, "at its end it runs over colons");
    assert_eq!(covers("arn:aws:s*w:eu-west-1:123456789012:topic", arn), Truth::False);
    assert_eq!(covers("arn:*1:topic", "arn:aws:sns:eu-west-1:topic"), Truth::False, "amid a segment it does not");
    assert_eq!(Glob::pattern("arn:*1:topic").covers(&Glob::literal("arn:aws:sns:eu-west-1:topic")), Truth::True);
}

#[test]
fn arns_are_compared_field_by_field() {
    let like = |pattern: &str, arn: &str| Glob::pattern(pattern).covers_arn(&Glob::literal(arn));
    let role = "arn:aws:iam::123456789012:role/a:b";
    assert_eq!(like("arn:*:iam::123456789012:role/*", role), Truth::True);
    assert_eq!(like("arn:aws:iam::*:role/a", "arn:aws:iam::1:x:role/a"), Truth::False, "the account holds no colon");
    assert_eq!(like("arn:*:role/a:b", role), Truth::False, "too few fields");
    assert_eq!(like("*", role), Truth::True);
    assert_eq!(like("arn:aws:iam::123456789012:ROLE/*", role), Truth::False, "case counts");
}

#[test]
fn variables_equal_themselves_and_no_text() {
    let (own, other) = (Glob::with_variables("home/${aws:username}/*"), Glob::with_variables("home/${aws:userid}/*"));
    assert_eq!(own.covers(&Glob::with_variables("home/${AWS:username}/x")), Truth::True);
    assert_eq!(own.covers(&other), Truth::False);
    assert_eq!(own.meets(&Glob::literal("home/bob/x")), Truth::False);
    assert_eq!(Glob::pattern("home/*").covers(&own), Truth::True);
    assert_eq!(Glob::with_variables("a${*}b").covers(&Glob::literal("a*b")), Truth::True);
    assert_eq!(Glob::with_variables("a${*}b").covers(&Glob::literal("axb")), Truth::False);
    assert_eq!(Glob::pattern("${aws:username}").covers(&Glob::literal("${aws:username}")), Truth::True, "2008-10-17");
    assert_eq!(Glob::with_variables("${open").covers(&Glob::literal("${open")), Truth::True);
}

#[test]
fn the_attribute_of_a_resource_holds_no_wildcard() {
    let hole = |literal| Symbol::Hole(Hole { same: Some("x".into()), literal, ..Hole::open() });
    let bucket = Glob::of_symbols(
        [hole(true)]
            .into_iter()
            .chain("/*".chars().map(|c| if c == '*' { Symbol::Run(Except::Nothing) } else { Symbol::Char(c) })),
    );
    assert_eq!(bucket.covers(&Glob::pattern("*")), Truth::False);
    assert_eq!(bucket.covers(&Glob::pattern("arn:aws:s3:::*/a")), Truth::False);
    assert_eq!(bucket.covers(&Glob::pattern("arn:aws:s3:::b/*")), Truth::Unknown);
    assert_eq!(Glob::of_symbols([hole(true)]).covers(&Glob::pattern("*")), Truth::False);
    assert_eq!(Glob::of_symbols([hole(false)]).covers(&Glob::pattern("*")), Truth::Unknown);
    let name = Hole { same: Some("x".into()), except: Except::Both, may_be_empty: false, ..Hole::some_text() };
    let then = |more: &str| {
        let more = more.chars().map(|c| if c == '*' { Symbol::Run(Except::Nothing) } else { Symbol::Char(c) });
        Glob::of_symbols([Symbol::Hole(name.clone())].into_iter().chain(more))
    };
    assert_eq!(Glob::of_symbols([Symbol::Run(Except::Slash)]).covers(&then("")), Truth::True);
    assert_eq!(Glob::of_symbols([Symbol::Run(Except::Slash)]).meets(&then("/a")), Truth::False);
    assert_eq!(then("").covers(&Glob::literal("a/b")), Truth::False);
    assert_eq!(then("*").covers(&Glob::pattern("*")), Truth::False, "it is not empty");
    assert_eq!(
        Glob::of_symbols([hole(true), Symbol::Run(Except::Nothing)]).covers(&Glob::pattern("*")),
        Truth::Unknown
    );
}

#[test]
fn long_and_many_patterns_end() {
    let long = "a*".repeat(1_500);
    assert_eq!(Glob::pattern(&long).covers(&Glob::pattern(&long)), Truth::True);
    assert_eq!(Glob::pattern(&long).meets(&Glob::pattern(&"*b".repeat(1_500))), Truth::True);
    let too_long = Glob::pattern(&"a*".repeat(5_000));
    assert_eq!(too_long.covers(&Glob::literal("b")), Truth::Unknown, "what is too long is not known");
    let many: Vec<Glob> = (0..40).map(|at| Glob::pattern(&format!("*{}*", char::from(b'a' + at % 26)))).collect();
    assert!(regions(&many, 1_000).is_none(), "too many regions are not counted");
}
