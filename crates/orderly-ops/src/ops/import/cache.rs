//! What is known of items and customers, in bounded memory.

use std::collections::HashMap;
use std::hash::Hash;

/// Entries before the older half is forgotten: far more than the batches under way can add, so
/// what is forgotten is committed and found in the database again.
const MOST: usize = 50_000;

/// A map of at most about 100,000 entries; the ones not used for longest are forgotten.
pub struct Cache<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V> Cache<K, V> {
    pub fn new() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
    pub fn contains(&self, key: &K) -> bool {
        self.young.contains_key(key) || self.old.contains_key(key)
    }
    pub fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
    /// Returns the entry and keeps it for longer.
    pub fn get<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if !self.young.contains_key(key)
            && let Some((key, value)) = self.old.remove_entry(key)
        {
            self.young.insert(key, value);
        }
        self.young.get_mut(key)
    }
}
