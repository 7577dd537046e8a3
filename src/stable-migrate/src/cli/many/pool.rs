//! Work that is done side by side.

use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use stable_migrate::Error;

/// The stack of a worker, in bytes: that of a program's first thread, as a canister has it which runs alone.
const STACK: usize = 8 << 20;

/// Does `work` for each number below `count`, for at most `jobs` of them at a time, and hands what comes of each to `take`
/// on this thread, as each ends. Results that are not taken yet are at most as many.
///
/// # Errors
/// The first of `take`, with which what is under way ends and nothing else begins; the system's, if it starts no thread.
pub fn each<T: Send>(
    count: usize,
    jobs: NonZeroUsize,
    work: impl Fn(usize) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), Error>,
) -> Result<(), Error> {
    let next = AtomicUsize::new(0);
    let jobs = jobs.get().min(count);
    let (sender, results) = sync_channel(jobs);
    thread::scope(|scope| {
        for _ in 0..jobs {
            let (sender, next, work) = (sender.clone(), &next, &work);
            let worker = move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count || sender.send(work(number)).is_err() {
                        return;
                    }
                }
            };
            let started = thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, worker);
            started.map_err(|error: io::Error| Error::io("a thread".as_ref())(error))?;
        }
        drop(sender);
        // Dropped with an error of `take`, so that no worker begins another.
        results.into_iter().try_for_each(&mut take)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn jobs(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).unwrap()
    }

    #[test]
    fn everything_is_done_once_and_no_more_at_a_time_than_there_are_jobs() {
        let (now, most) = (AtomicUsize::new(0), Mutex::new(0));
        let mut done = Vec::new();
        let work = |number| {
            let running = now.fetch_add(1, Ordering::SeqCst) + 1;
            let mut most = most.lock().unwrap();
            *most = running.max(*most);
            drop(most);
            thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
            number
        };
        each(100, jobs(3), work, |number| {
            done.push(number);
            Ok(())
        })
        .unwrap();
        done.sort_unstable();
        assert!(done.into_iter().eq(0..100));
        assert!(most.into_inner().unwrap() <= 3);
        each(0, jobs(3), |_| (), |()| panic!("there is nothing")).unwrap();
    }

    #[test]
    fn what_cannot_be_taken_ends_the_work() {
        let begun = AtomicUsize::new(0);
        let work = |_| begun.fetch_add(1, Ordering::SeqCst);
        let ended = each(10_000, jobs(2), work, |_| Err(Error::EmptySample));
        assert!(ended.is_err());
        assert!(begun.into_inner() < 100);
    }
}
