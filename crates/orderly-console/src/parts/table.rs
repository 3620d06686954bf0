//! Tables: figures to the right, on narrow pages without what matters least.

use maud::{Markup, html};

/// A column: its title, and how it is set.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    pub title: &'a str,
    /// Whether its cells are figures.
    pub is_figure: bool,
    /// 1 is always shown, 2 not on phones, 3 only on wide pages.
    pub rank: u8,
}

/// A column of words.
pub const fn words(title: &str) -> Column<'_> {
    Column { title, is_figure: false, rank: 1 }
}

/// A column of figures.
pub const fn figures(title: &str) -> Column<'_> {
    Column { title, is_figure: true, rank: 1 }
}

impl Column<'_> {
    /// The same column, shown only where there is room.
    pub const fn rank(mut self, rank: u8) -> Self {
        self.rank = rank;
        self
    }

    fn class(self) -> &'static str {
        match (self.is_figure, self.rank) {
            (true, 2) => "num p2",
            (true, 3) => "num p3",
            (true, _) => "num",
            (false, 2) => "p2",
            (false, 3) => "p3",
            (false, _) => "",
        }
    }
}

/// A row: the address it opens, its cells in the order of the columns.
#[derive(Debug, Default)]
pub struct Line {
    pub href: Option<String>,
    /// Whether it belongs to the row above.
    pub is_part: bool,
    /// Whether it is what the rows above come to.
    pub is_sum: bool,
    pub cells: Vec<Markup>,
}

impl Line {
    pub fn new(cells: Vec<Markup>) -> Self {
        Self { href: None, is_part: false, is_sum: false, cells }
    }

    pub fn to(href: impl Into<String>, cells: Vec<Markup>) -> Self {
        Self { href: Some(href.into()), ..Self::new(cells) }
    }
}

/// A table. `label` names it for those who do not see it.
pub fn table(label: &str, columns: &[Column<'_>], rows: &[Line]) -> Markup {
    with_foot(label, columns, rows, &[])
}

/// A table that ends with a sum.
pub fn with_foot(label: &str, columns: &[Column<'_>], rows: &[Line], foot: &[Markup]) -> Markup {
    html! {
        div.scroll role="region" aria-label=(label) tabindex="0" {
            table.data {
                thead {
                    tr {
                        @for column in columns {
                            @if column.title.is_empty() { td class=(column.class()) {} }
                            @else { th scope="col" class=(column.class()) { (column.title) } }
                        }
                    }
                }
                tbody data-rows {
                    @for row in rows {
                        tr.sub[row.is_part].sum[row.is_sum] data-href=[row.href.as_deref()] {
                            @for (cell, column) in row.cells.iter().zip(columns) {
                                td class=(column.class()) { (cell) }
                            }
                        }
                    }
                }
                @if !foot.is_empty() {
                    tfoot {
                        tr {
                            @for (cell, column) in foot.iter().zip(columns) {
                                td class=(column.class()) { (cell) }
                            }
                        }
                    }
                }
            }
        }
    }
}
