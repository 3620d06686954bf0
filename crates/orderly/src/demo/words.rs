//! Names of people, towns, streets and companies, put together from syllables of our own.

use super::random::Random;

const GIVEN: &[&str] = &[
    "Ada", "Alda", "Amos", "Bela", "Bram", "Cara", "Cole", "Dara", "Dina", "Edda", "Eli", "Enid",
    "Ezra", "Fenn", "Gala", "Greta", "Hale", "Hana", "Ines", "Iver", "Jada", "Joss", "Kai", "Kira",
    "Lars", "Lena", "Lorn", "Mara", "Milo", "Nell", "Nico", "Oda", "Orin", "Petra", "Quin", "Rhea",
    "Rolf", "Sela", "Sten", "Tam", "Tess", "Ula", "Vera", "Viggo", "Wyn", "Yara", "Zeno", "Zora",
];
const HEADS: &[&str] = &[
    "Al", "Bar", "Bren", "Cald", "Cor", "Dal", "Den", "Elm", "Fal", "Gar", "Hal", "Har", "Ken",
    "Lan", "Mar", "Nor", "Pen", "Ren", "Sel", "Stan", "Tar", "Thorn", "Ul", "Wen", "Wil", "Yar",
];
const TAILS: &[&str] = &[
    "by", "cot", "dale", "den", "field", "ford", "gate", "ham", "hurst", "ley", "low", "mere",
    "more", "ner", "rick", "shaw", "stow", "thorpe", "ton", "well", "wick", "worth",
];
const STREETS: &[&str] = &[
    "Anvil Lane",
    "Baker's Row",
    "Canal Side",
    "Chapel Hill",
    "Dyer Street",
    "Elm Grove",
    "Foundry Road",
    "Garden Walk",
    "Hill Top",
    "Kiln Lane",
    "Long Acre",
    "Mason's Yard",
    "Mill Road",
    "New Cut",
    "Old Quay",
    "Orchard Way",
    "Quarry Bank",
    "Rope Walk",
    "Saw Pit Lane",
    "Slate Street",
    "Station Road",
    "Tanner's Field",
    "Timber Dock",
    "Wharf Street",
];
const TRADES: &[&str] = &[
    "Builders",
    "Carpentry",
    "Construction",
    "Decorating",
    "Drylining",
    "Flooring",
    "Groundworks",
    "Joinery",
    "Kitchens",
    "Landscapes",
    "Lofts",
    "Maintenance",
    "Masonry",
    "Plastering",
    "Plumbing",
    "Roofing",
    "Tiling",
];

/// A family name, or the name of a town.
pub fn name(random: &mut Random) -> String {
    let head = *random.pick(HEADS);
    let tail = *random.pick(TAILS);
    format!("{head}{tail}")
}

/// A person's name.
pub fn person(random: &mut Random) -> String {
    let given = *random.pick(GIVEN);
    format!("{given} {}", name(random))
}

/// A company's name.
pub fn company(random: &mut Random) -> String {
    let family = name(random);
    let trade = *random.pick(TRADES);
    if random.percent(30) {
        format!("{family} & {} {trade}", name(random))
    } else {
        format!("{family} {trade}")
    }
}

/// A house number and street.
pub fn street(random: &mut Random) -> String {
    let number = random.between(1, 188);
    format!("{number} {}", random.pick(STREETS))
}

/// A postcode of the shape that British post uses, of an area that it does not.
pub fn postcode(random: &mut Random, district: i64) -> String {
    let letters = b"ABDEFGHJLNPQRSTUWXYZ";
    let sector = random.between(1, 9);
    let one = char::from(*random.pick(letters));
    let two = char::from(*random.pick(letters));
    format!("QX{district} {sector}{one}{two}")
}
