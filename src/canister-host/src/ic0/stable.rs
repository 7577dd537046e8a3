//! Stable memory, through the 32-bit functions and the 64-bit ones.

use wasmtime::Linker;

use super::{Call, Pointer, range, system_call};
use crate::cost;
use crate::entry::Entries;
use crate::env::Env;
use crate::fault::Event;
use crate::stable::StableError;
use crate::stop::Stop;

/// Pages the 32-bit functions can address. They trap when there are more.
const MAX_PAGES_32: u64 = 65_536;

const FROM: Entries = Entries::ALL;

pub(super) fn define<P: Pointer>(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    system_call!(linker, "stable64_size", FROM, 0, |call| call
        .run()
        .state
        .stable
        .pages());
    system_call!(
        linker,
        "stable64_grow",
        FROM,
        cost::STABLE_GROW,
        |call, delta: u64| grow(&mut call, delta, u64::MAX)?.unwrap_or(u64::MAX)
    );
    system_call!(
        linker,
        "stable64_read",
        FROM,
        cost::STABLE_READ,
        |call, to: u64, offset: u64, size: u64| read(&mut call, to, offset, size)?
    );
    system_call!(
        linker,
        "stable64_write",
        FROM,
        cost::STABLE_WRITE,
        |call, offset: u64, from: u64, size: u64| {
            write(&mut call, offset, from, size, P::DIRTY_STABLE_PAGE)?
        }
    );
    Ok(())
}

/// The functions that only modules with a 32-bit heap have.
pub(super) fn define_32(linker: &mut Linker<Env>) -> wasmtime::Result<()> {
    system_call!(linker, "stable_size", FROM, 0, |call| pages_32(&mut call)?);
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
        "stable_read",
        FROM,
        cost::STABLE_READ,
        |call, to: u32, offset: u32, size: u32| {
            pages_32(&mut call)?;
            read(&mut call, to.into(), offset.into(), size.into())?
        }
    );
    system_call!(
        linker,
        "stable_write",
        FROM,
        cost::STABLE_WRITE,
        |call, offset: u32, from: u32, size: u32| {
            pages_32(&mut call)?;
            let page = u32::DIRTY_STABLE_PAGE;
            write(&mut call, offset.into(), from.into(), size.into(), page)?
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

fn read(call: &mut Call, to: u64, offset: u64, size: u64) -> Result<(), Stop> {
    call.charge_bytes(size, cost::BYTE_COPIED)?;
    let (heap, run) = call.heap();
    run.state
        .stable
        .read(offset, range(heap, to, size)?)
        .map_err(stop)?;
    run.meter.access(offset, size, 0)
}

/// `page` is charged for each page that is dirtied.
fn write(call: &mut Call, offset: u64, from: u64, size: u64, page: u64) -> Result<(), Stop> {
    call.run().meter.count(Event::StableWrite)?;
    call.charge_bytes(size, cost::BYTE_COPIED)?;
    let (heap, run) = call.heap();
    let fresh = run
        .state
        .stable
        .write(offset, range(heap, from, size)?)
        .map_err(stop)?;
    run.meter.access(offset, size, fresh)?;
    call.charge(fresh * page)
}

fn stop(error: StableError) -> Stop {
    match error {
        StableError::OutOfRange { .. } => Stop::violation(error.to_string()),
        StableError::Source { .. } => Stop::Trapped(error.to_string()),
    }
}
