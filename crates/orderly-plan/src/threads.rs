//! Splits work over threads without changing a single bit of the result.

/// Returns `work(0), work(1), …` in order, computed on up to `threads` threads.
///
/// Every item is computed alone, so the result does not depend on the number of threads.
pub fn map<T: Send>(count: usize, threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    map_with(count, threads, || (), |(), index| work(index))
}

/// As [`map`], with a scratch value made once for each thread by `scratch`.
///
/// `work` must leave nothing in the scratch value that a later item reads.
pub fn map_with<S, T: Send>(
    count: usize,
    threads: usize,
    scratch: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let threads = threads.clamp(1, count.max(1));
    if threads == 1 {
        let mut local = scratch();
        return (0..count).map(|index| work(&mut local, index)).collect();
    }
    let share = count.div_ceil(threads);
    let (scratch, work) = (&scratch, &work);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let range = (thread * share).min(count)..((thread + 1) * share).min(count);
                scope.spawn(move || {
                    let mut local = scratch();
                    range.map(|index| work(&mut local, index)).collect::<Vec<T>>()
                })
            })
            .collect();
        let mut all = Vec::with_capacity(count);
        for handle in running {
            match handle.join() {
                Ok(part) => all.extend(part),
                Err(cause) => std::panic::resume_unwind(cause),
            }
        }
        all
    })
}
