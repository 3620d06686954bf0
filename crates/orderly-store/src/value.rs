//! The four kinds of value that both engines hold, and how Rust types become them.
//!
//! A newtype is bound by one line; NULL of an `Option` of it is typed, because the kind is known:
//!
//! ```
//! # use orderly_store::stored_as;
//! # #[derive(Clone, Copy)] struct OrderId([u8; 16]);
//! # impl OrderId { fn as_bytes(self) -> [u8; 16] { self.0 }
//! #                fn from_bytes(bytes: [u8; 16]) -> Self { OrderId(bytes) } }
//! stored_as!(OrderId as [u8; 16], |id| id.as_bytes(), |bytes| Ok(OrderId::from_bytes(bytes)));
//! ```

use std::fmt;

/// The declared type of a column or parameter: BIGINT, DOUBLE PRECISION, TEXT, BYTEA on PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Int,
    Real,
    Text,
    Bytes,
}

/// An owned value, as rows of [`Tx::insert_many`](crate::Tx::insert_many) hold it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null(Kind),
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Sixteen bytes without an allocation.
    Id([u8; 16]),
}

/// A value on its way into a statement.
#[derive(Clone, Debug)]
pub enum Bind<'a> {
    Null(Kind),
    Int(i64),
    Real(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Id([u8; 16]),
    OwnText(String),
    OwnBytes(Vec<u8>),
}

/// A value on its way out of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueRef<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// Can be bound to a parameter.
pub trait ToValue {
    fn to_value(&self) -> Value;

    /// The same without copying long text or bytes.
    fn bind(&self) -> Bind<'_> {
        match self.to_value() {
            Value::Null(kind) => Bind::Null(kind),
            Value::Int(int) => Bind::Int(int),
            Value::Real(real) => Bind::Real(real),
            Value::Text(text) => Bind::OwnText(text),
            Value::Bytes(bytes) => Bind::OwnBytes(bytes),
            Value::Id(id) => Bind::Id(id),
        }
    }
}

/// Has one kind, so that `Option` of it binds a typed NULL.
pub trait HasKind {
    const KIND: Kind;
}

/// Can be read from a column.
pub trait FromValue: Sized {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch>;
}

/// Why a value read is not one of the type asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Mismatch(pub String);

impl Mismatch {
    pub fn new(reason: impl fmt::Display) -> Mismatch {
        Mismatch(reason.to_string())
    }

    /// The column holds another kind, or NULL.
    pub fn expected(wanted: &str, found: ValueRef<'_>) -> Mismatch {
        let found = match found {
            ValueRef::Null => "NULL",
            ValueRef::Int(_) => "an integer",
            ValueRef::Real(_) => "a real",
            ValueRef::Text(_) => "text",
            ValueRef::Bytes(_) => "bytes",
        };
        Mismatch(format!("expected {wanted}, found {found}"))
    }
}

impl Value {
    pub fn kind(&self) -> Kind {
        match self {
            Value::Null(kind) => *kind,
            Value::Int(_) => Kind::Int,
            Value::Real(_) => Kind::Real,
            Value::Text(_) => Kind::Text,
            Value::Bytes(_) | Value::Id(_) => Kind::Bytes,
        }
    }
}

impl Bind<'_> {
    pub fn kind(&self) -> Kind {
        match self {
            Bind::Null(kind) => *kind,
            Bind::Int(_) => Kind::Int,
            Bind::Real(_) => Kind::Real,
            Bind::Text(_) | Bind::OwnText(_) => Kind::Text,
            Bind::Bytes(_) | Bind::Id(_) | Bind::OwnBytes(_) => Kind::Bytes,
        }
    }
}

impl Bind<'_> {
    /// Refuses what one engine would take and the other not.
    pub(crate) fn check(&self) -> Result<(), Mismatch> {
        let text = match self {
            Bind::Text(text) => text,
            Bind::OwnText(text) => text.as_str(),
            Bind::Real(real) if real.is_nan() => return Err(Mismatch::new("not a number")),
            _ => return Ok(()),
        };
        match text.as_bytes().contains(&0) {
            true => Err(Mismatch::new("the text holds a NUL character")),
            false => Ok(()),
        }
    }
}

impl ToValue for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }

    fn bind(&self) -> Bind<'_> {
        match self {
            Value::Null(kind) => Bind::Null(*kind),
            Value::Int(int) => Bind::Int(*int),
            Value::Real(real) => Bind::Real(*real),
            Value::Text(text) => Bind::Text(text),
            Value::Bytes(bytes) => Bind::Bytes(bytes),
            Value::Id(id) => Bind::Id(*id),
        }
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value {
        (**self).to_value()
    }

    fn bind(&self) -> Bind<'_> {
        (**self).bind()
    }
}

impl<T: HasKind + ?Sized> HasKind for &T {
    const KIND: Kind = T::KIND;
}

impl<T: ToValue + HasKind> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null(T::KIND), ToValue::to_value)
    }

    fn bind(&self) -> Bind<'_> {
        self.as_ref().map_or(Bind::Null(T::KIND), ToValue::bind)
    }
}

impl<T: HasKind> HasKind for Option<T> {
    const KIND: Kind = T::KIND;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl HasKind for $int {
            const KIND: Kind = Kind::Int;
        }

        impl ToValue for $int {
            fn to_value(&self) -> Value {
                Value::Int(i64::from(*self))
            }
        }
    )*};
}

macro_rules! narrow_integers {
    ($($int:ty),*) => {$(
        impl FromValue for $int {
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                let int = i64::from_value(value)?;
                <$int>::try_from(int).map_err(|_| {
                    Mismatch(format!("{int} does not fit {}", stringify!($int)))
                })
            }
        }
    )*};
}

integers!(i64, i32, i16, u32, u16, u8, bool);
narrow_integers!(i32, i16, u32, u16, u8);

impl FromValue for i64 {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Int(int) => Ok(int),
            other => Err(Mismatch::expected("an integer", other)),
        }
    }
}

impl FromValue for bool {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Int(0) => Ok(false),
            ValueRef::Int(1) => Ok(true),
            other => Err(Mismatch::expected("0 or 1", other)),
        }
    }
}

impl HasKind for f64 {
    const KIND: Kind = Kind::Real;
}

impl ToValue for f64 {
    fn to_value(&self) -> Value {
        Value::Real(*self)
    }
}

impl FromValue for f64 {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Real(real) => Ok(real),
            other => Err(Mismatch::expected("a real", other)),
        }
    }
}

/// Types that are text or bytes already.
macro_rules! borrowed {
    ($type:ty, $kind:ident, $to:expr) => {
        impl HasKind for $type {
            const KIND: Kind = Kind::$kind;
        }

        impl ToValue for $type {
            fn to_value(&self) -> Value {
                Value::$kind($to(self))
            }

            fn bind(&self) -> Bind<'_> {
                Bind::$kind(self)
            }
        }
    };
}

borrowed!(str, Text, str::to_owned);
borrowed!(String, Text, String::clone);
borrowed!([u8], Bytes, <[u8]>::to_vec);
borrowed!(Vec<u8>, Bytes, Vec::clone);

impl FromValue for String {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => Ok(text.to_owned()),
            other => Err(Mismatch::expected("text", other)),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Bytes(bytes) => Ok(bytes.to_vec()),
            other => Err(Mismatch::expected("bytes", other)),
        }
    }
}

impl HasKind for [u8; 16] {
    const KIND: Kind = Kind::Bytes;
}

impl ToValue for [u8; 16] {
    fn to_value(&self) -> Value {
        Value::Id(*self)
    }
}

impl FromValue for [u8; 16] {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Bytes(bytes) => bytes
                .try_into()
                .map_err(|_| Mismatch(format!("expected 16 bytes, found {}", bytes.len()))),
            other => Err(Mismatch::expected("16 bytes", other)),
        }
    }
}

/// Stores a type as another that is stored already: `$to` takes `&T` and gives the raw value,
/// `$from` takes the raw value and gives `Result<T, Mismatch>`.
#[macro_export]
macro_rules! stored_as {
    ($type:ty as $raw:ty, |$value:ident| $to:expr, |$read:ident| $from:expr) => {
        impl $crate::HasKind for $type {
            const KIND: $crate::Kind = <$raw as $crate::HasKind>::KIND;
        }

        impl $crate::ToValue for $type {
            fn to_value(&self) -> $crate::Value {
                let $value = self;
                let raw: $raw = $to;
                $crate::ToValue::to_value(&raw)
            }
        }

        impl $crate::FromValue for $type {
            fn from_value(value: $crate::ValueRef<'_>) -> Result<Self, $crate::Mismatch> {
                let $read = <$raw as $crate::FromValue>::from_value(value)?;
                $from
            }
        }
    };
}
