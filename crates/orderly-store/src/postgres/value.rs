//! Values on the wire: parameters of declared types, columns of any type that has a kind.

use std::error::Error;

use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::value::{Bind, Kind, ValueRef};

impl Kind {
    pub(crate) fn postgres(self) -> Type {
        match self {
            Kind::Int => Type::INT8,
            Kind::Real => Type::FLOAT8,
            Kind::Text => Type::TEXT,
            Kind::Bytes => Type::BYTEA,
        }
    }
}

impl ToSql for Bind<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Bind::Null(_) => Ok(IsNull::Yes),
            Bind::Int(int) => int.to_sql(ty, out),
            Bind::Real(real) => real.to_sql(ty, out),
            Bind::Text(text) => text.to_sql(ty, out),
            Bind::OwnText(text) => text.to_sql(ty, out),
            Bind::Bytes(bytes) => bytes.to_sql(ty, out),
            Bind::OwnBytes(bytes) => bytes.to_sql(ty, out),
            Bind::Id(id) => id.as_slice().to_sql(ty, out),
        }
    }

    /// The statement was prepared with the types of these very values.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for ValueRef<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<ValueRef<'a>, Box<dyn Error + Sync + Send>> {
        Ok(match *ty {
            Type::INT8 => ValueRef::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => ValueRef::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => ValueRef::Int(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => ValueRef::Int(bool::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => ValueRef::Real(f64::from_sql(ty, raw)?),
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN => {
                ValueRef::Text(<&str>::from_sql(ty, raw)?)
            }
            Type::BYTEA => ValueRef::Bytes(<&[u8]>::from_sql(ty, raw)?),
            _ => return Err(format!("{ty} is no kind of value: cast it").into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<ValueRef<'a>, Box<dyn Error + Sync + Send>> {
        Ok(ValueRef::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
