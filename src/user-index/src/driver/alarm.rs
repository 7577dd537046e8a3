//! One timer, set for when there is something to decide, and one that looks whether the first was lost.

use std::cell::Cell;
use std::time::Duration;

use fleet::Time;
use ic_cdk_timers::TimerId;

/// Time between two looks.
const WATCH: Duration = Duration::from_secs(60);

/// Time after which a timer that has not fired never will: a subnet that is busy takes seconds.
const OVERDUE: Duration = Duration::from_secs(30);

thread_local! {
    /// When the timer is due, in nanoseconds since 1970.
    static NEXT: Cell<Option<(u64, TimerId)>> = const { Cell::new(None) };
    static WATCHING: Cell<Option<TimerId>> = const { Cell::new(None) };
}

/// Decides at this time, or earlier if that was set.
pub fn arm(at: Time) {
    arm_at(at.0.saturating_mul(1_000_000_000));
}

/// Decides as soon as possible.
pub fn arm_now() {
    arm_at(ic_cdk::api::time());
}

fn arm_at(at: u64) {
    if let Some((due, timer)) = NEXT.get() {
        if is_overdue(due) {
            // The system's timer was lost, by a trap where it fires: the timers do not know, and set it no more.
            ic_cdk::api::global_timer_set(ic_cdk::api::time());
        }
        if due <= at {
            return;
        }
        ic_cdk_timers::clear_timer(timer);
    }
    let delay = Duration::from_nanos(at.saturating_sub(ic_cdk::api::time()));
    let timer = ic_cdk_timers::set_timer(delay, async {
        NEXT.set(None);
        super::tick();
    });
    NEXT.set(Some((at, timer)));
}

/// Looks every minute for what a trap has left, until nothing is under way.
pub fn watch_on() {
    if WATCHING.get().is_some() {
        return;
    }
    let timer = ic_cdk_timers::set_timer_interval(WATCH, || {
        look();
        std::future::ready(())
    });
    WATCHING.set(Some(timer));
}

/// Whether a timer should have fired long ago.
fn is_overdue(due: u64) -> bool {
    due.saturating_add(OVERDUE.as_nanos() as u64) <= ic_cdk::api::time()
}

fn look() {
    if !super::is_under_way() {
        if let Some(timer) = WATCHING.take() {
            ic_cdk_timers::clear_timer(timer);
        }
        return;
    }
    // A tick that trapped has undone that it took the alarm away, and its timer is gone.
    if let Some((due, timer)) = NEXT.get()
        && is_overdue(due)
    {
        ic_cdk_timers::clear_timer(timer);
        NEXT.set(None);
    }
    arm_now();
}
