//! Labels and documents: plain data in, PDF and ZPL bytes out.
