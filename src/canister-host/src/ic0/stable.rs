//! Stable memory, through the 32-bit functions and the 64-bit ones.

use wasmtime::Linker;

use super::{Call, range, system_call};
use crate::cost;
use crate::entry::Entries;
use crate::env::Env;
use crate::fault::Event;
use crate::stable::StableError;
use crate::stop::Stop;

/// Pages the 32-bit functions can address. They trap when there are more.
const MAX_PAGES_32: u64 = 65_536;

const FROM: Entries = Entries::ALL;

pub(super) fn define(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    system_call!(linker, "stable_size", FROM, 0, |call| pages_32(&mut call)?);
    system_call!(linker, "stable64_size", FROM, 0, |call| call
        .run()
        .state
        .stable
        .pages());

    system_call!(
        linker,
        "stable_grow",
        FROM,
        cost::STABLE_GROW,
        |call, delta: u32| {
            pages_32(&mut call)?;
            // -1 in 32 bits; a size that is granted is at most MAX_PAGES_32.
            grow(&mut call, delta.into(), MAX_PAGES_32)?.map_or(u32::MAX, |before| before as u32)
        }
    );
    system_call!(
        linker,
        "stable64_grow",
        FROM,
        cost::STABLE_GROW,
        |call, delta: u64| grow(&mut call, delta, u64::MAX)?.unwrap_or(u64::MAX)
    );

    system_call!(
        linker,
        "stable_read",
        FROM,
        cost::STABLE_READ,
        |call, to: u32, offset: u32, size: u32| {
            pages_32(&mut call)?;
            read(&mut call, to, offset.into(), size)?
        }
    );
    system_call!(
        linker,
        "stable64_read",
        FROM,
        cost::STABLE_READ,
        |call, to: u64, offset: u64, size: u64| {
            read(&mut call, heap_address(to)?, offset, heap_address(size)?)?
        }
    );

    system_call!(
        linker,
        "stable_write",
        FROM,
        cost::STABLE_WRITE,
        |call, offset: u32, from: u32, size: u32| {
            pages_32(&mut call)?;
            write(&mut call, offset.into(), from, size)?
        }
    );
    system_call!(
        linker,
        "stable64_write",
        FROM,
        cost::STABLE_WRITE,
        |call, offset: u64, from: u64, size: u64| {
            write(&mut call, offset, heap_address(from)?, heap_address(size)?)?
        }
    );
    Ok(())
}

fn pages_32(call: &mut Call) -> Result<u32, Stop> {
    match call.run().state.stable.pages() {
        pages @ 0..=MAX_PAGES_32 => Ok(pages as u32),
        pages => Err(Stop::violation(format!(
            "stable memory has {pages} pages, more than the 32-bit functions can address"
        ))),
    }
}

fn heap_address(value: u64) -> Result<u32, Stop> {
    u32::try_from(value).map_err(|_| Stop::violation(format!("{value} is outside the 32-bit heap")))
}

fn grow(call: &mut Call, delta: u64, api_limit: u64) -> Result<Option<u64>, Stop> {
    let run = call.run();
    run.meter.count(Event::StableGrow)?;
    let free = run.free_stable_pages.unwrap_or(u64::MAX);
    if delta > free {
        return Ok(None);
    }
    let before = run
        .state
        .stable
        .grow(delta, run.limits.stable_pages.min(api_limit));
    if before.is_some() {
        run.free_stable_pages = run.free_stable_pages.map(|free| free - delta);
    }
    Ok(before)
}

fn read(call: &mut Call, to: u32, offset: u64, size: u32) -> Result<(), Stop> {
    call.charge(u64::from(size) * cost::BYTE_COPIED)?;
    let (heap, run) = call.heap();
    run.state
        .stable
        .read(offset, range(heap, to, size)?)
        .map_err(stop)?;
    run.meter.access(offset, size.into(), 0)
}

fn write(call: &mut Call, offset: u64, from: u32, size: u32) -> Result<(), Stop> {
    call.run().meter.count(Event::StableWrite)?;
    call.charge(u64::from(size) * cost::BYTE_COPIED)?;
    let (heap, run) = call.heap();
    let fresh = run
        .state
        .stable
        .write(offset, range(heap, from, size)?)
        .map_err(stop)?;
    run.meter.access(offset, size.into(), fresh)?;
    call.charge(fresh * cost::DIRTY_STABLE_PAGE)
}

fn stop(error: StableError) -> Stop {
    match error {
        StableError::OutOfRange { .. } => Stop::violation(error.to_string()),
        StableError::Source { .. } => Stop::Trapped(error.to_string()),
    }
}
