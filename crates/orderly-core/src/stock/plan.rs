//! Which items are counted next: those that bring the most movement of value the most often.

use crate::id::ItemId;
use crate::order::codes;
use crate::time::Day;

codes! {
    /// How much of the value that leaves a location an item makes up: A the first 80 %, B the next
    /// 15 %, C the rest.
    AbcClass { A "a", B "b", C "c" }
}

/// An item that lies at a location.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Countable {
    pub item: ItemId,
    /// The value of what left, in minor units.
    pub used: i64,
    pub counted_on: Option<Day>,
    /// Whether somebody asked for it to be counted, as after a short pick.
    pub asked: bool,
}

/// When an item is to be counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Planned {
    pub countable: Countable,
    pub class: AbcClass,
    /// `None` where it was never counted: at once.
    pub due_on: Option<Day>,
}

/// Returns when each item is to be counted, those first that were asked for, then by due day;
/// `every` says after how many days items of class A, B and C are due again.
pub fn plan(mut items: Vec<Countable>, every: [i32; 3]) -> Vec<Planned> {
    items.sort_by_key(|one| (std::cmp::Reverse(one.used), one.item));
    let all: i128 = items.iter().map(|one| i128::from(one.used.max(0))).sum();
    let mut before = 0_i128;
    let mut planned: Vec<Planned> = items
        .into_iter()
        .map(|countable| {
            let class = match before * 100 {
                _ if countable.used <= 0 => AbcClass::C,
                so_far if so_far < all * 80 => AbcClass::A,
                so_far if so_far < all * 95 => AbcClass::B,
                _ => AbcClass::C,
            };
            before += i128::from(countable.used.max(0));
            let days = match class {
                AbcClass::A => every[0],
                AbcClass::B => every[1],
                AbcClass::C => every[2],
            };
            let due_on = countable.counted_on.map(|day| day.plus_days(days));
            Planned { countable, class, due_on }
        })
        .collect();
    planned.sort_by_key(|one| {
        let due = one.due_on.map(Day::number);
        (!one.countable.asked, due, std::cmp::Reverse(one.countable.used), one.countable.item)
    });
    planned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: u8, used: i64, counted: Option<i32>) -> Countable {
        let counted_on = counted.map(|day| Day::from_number(20_000 + day));
        Countable { item: ItemId::from_bytes([number; 16]), used, counted_on, asked: false }
    }

    #[test]
    fn what_moves_the_most_value_is_counted_the_most_often() {
        let items = vec![
            item(1, 10, Some(0)),
            item(2, 800, Some(10)),
            item(3, 150, Some(0)),
            item(4, 0, None),
            Countable { asked: true, ..item(5, 40, Some(100)) },
        ];
        let found = plan(items, [30, 90, 365]);
        let told: Vec<_> = found
            .iter()
            .map(|one| {
                let due = one.due_on.map(|day| day.number() - 20_000);
                (one.countable.item.as_bytes()[0], one.class, due)
            })
            .collect();
        assert_eq!(
            told,
            [
                (5, AbcClass::C, Some(465)),
                (4, AbcClass::C, None),
                (2, AbcClass::A, Some(40)),
                (3, AbcClass::B, Some(90)),
                (1, AbcClass::C, Some(365)),
            ]
        );
    }
}
