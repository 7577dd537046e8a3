//! The system interface: the functions a canister imports from `ic0`.

mod call;
mod cycles;
mod message;
mod pointer;
mod price;
mod stable;
mod system;

use wasmtime::{Caller, Engine, Linker};

use crate::cost;
use crate::entry::Entries;
use crate::env::Env;
use crate::execution::Execution;
use crate::fault::Event;
use crate::profile;
use crate::stop::Stop;
use pointer::Pointer;

/// The interface for modules of `engine` with 32-bit heaps, or with none.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Env>> {
    let mut linker = linker_for::<u32>(engine)?;
    cycles::define_32(&mut linker)?;
    stable::define_32(&mut linker)?;
    Ok(linker)
}

/// The interface for modules with 64-bit heaps.
pub(crate) fn wide_linker(engine: &Engine) -> wasmtime::Result<Linker<Env>> {
    linker_for::<u64>(engine)
}

fn linker_for<P: Pointer>(engine: &Engine) -> wasmtime::Result<Linker<Env>> {
    let mut linker = Linker::new(engine);
    message::define::<P>(&mut linker)?;
    call::define::<P>(&mut linker)?;
    cycles::define::<P>(&mut linker)?;
    stable::define::<P>(&mut linker)?;
    system::define::<P>(&mut linker)?;
    price::define::<P>(&mut linker)?;
    profile::define(&mut linker)?;
    Ok(linker)
}

/// Defines one function: its name, from where it may be called, its fixed cost, its body.
macro_rules! system_call {
    ($linker:ident, $name:expr, $from:expr, $cost:expr,
     |$call:ident $(, $arg:ident: $type:ty)*| $body:expr) => {{
        let name: String = $name.into();
        let symbol = name.clone();
        $linker.func_wrap(
            "ic0",
            &symbol,
            move |caller: wasmtime::Caller<'_, crate::env::Env> $(, $arg: $type)*| -> wasmtime::Result<_> {
                #[allow(unused_mut, reason = "some bodies only look")]
                let mut $call = crate::ic0::Call::enter(caller, &name, $from, $cost)?;
                Ok($body)
            },
        )?;
    }};
}
pub(crate) use system_call;

/// A system call in progress.
pub(crate) struct Call<'a>(Caller<'a, Env>);

impl<'a> Call<'a> {
    pub(crate) fn enter(
        caller: Caller<'a, Env>,
        name: &str,
        from: Entries,
        cost: u64,
    ) -> Result<Self, Stop> {
        let mut call = Call(caller);
        let run = call.run();
        if !from.contain(run.entry.set()) {
            return Err(Stop::violation(format!(
                "ic0.{name} may not be called in {}",
                run.entry
            )));
        }
        run.meter.count(Event::SystemCall)?;
        call.charge(cost)?;
        Ok(call)
    }

    pub(crate) fn run(&mut self) -> &mut Execution {
        &mut self.0.data_mut().run
    }

    /// Takes instructions from what is left of them.
    pub(crate) fn charge(&mut self, instructions: u64) -> Result<(), Stop> {
        let fuel = self.fuel()?;
        let owed = std::mem::take(&mut self.run().meter.owed);
        let left = fuel.checked_sub(instructions.saturating_add(owed));
        self.0.set_fuel(left.unwrap_or(0)).map_err(internal)?;
        left.map(|_| ())
            .ok_or_else(|| self.run().meter.out_of_fuel())
    }

    /// Takes what some bytes cost at a price a byte.
    pub(crate) fn charge_bytes(&mut self, bytes: u64, each: u64) -> Result<(), Stop> {
        self.charge(bytes.saturating_mul(each))
    }

    /// Instructions this execution has used so far.
    pub(crate) fn used(&mut self) -> Result<u64, Stop> {
        let fuel = self.fuel()?;
        Ok(self.run().meter.used_at(fuel))
    }

    fn fuel(&self) -> Result<u64, Stop> {
        self.0.get_fuel().map_err(internal)
    }

    /// The heap and the execution beside it.
    pub(crate) fn heap(&mut self) -> (&mut [u8], &mut Execution) {
        match self.0.data().memory {
            Some(memory) => {
                let (bytes, env) = memory.data_and_store_mut(&mut self.0);
                (bytes, &mut env.run)
            }
            None => (&mut [], &mut self.0.data_mut().run),
        }
    }

    /// A copy of a range of the heap. Charges for its bytes.
    pub(crate) fn take<P: Pointer>(&mut self, at: P, size: P) -> Result<Vec<u8>, Stop> {
        self.charge_bytes(size.into(), cost::BYTE_COPIED)?;
        Ok(range(self.heap().0, at, size)?.to_vec())
    }

    /// A text in the heap. Charges for its bytes.
    pub(crate) fn take_text<P: Pointer>(&mut self, at: P, size: P) -> Result<String, Stop> {
        Ok(String::from_utf8_lossy(&self.take(at, size)?).into_owned())
    }

    /// Writes bytes to the heap.
    pub(crate) fn give<P: Pointer>(&mut self, at: P, bytes: &[u8]) -> Result<(), Stop> {
        range(self.heap().0, at, bytes.len() as u64)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Writes an amount of cycles to the heap, as 16 bytes, least significant first.
    pub(crate) fn give_amount<P: Pointer>(&mut self, at: P, amount: u128) -> Result<(), Stop> {
        self.give(at, &amount.to_le_bytes())
    }
}

fn internal(error: wasmtime::Error) -> Stop {
    Stop::Trapped(error.to_string())
}

/// A range of the heap.
pub(crate) fn range(
    heap: &mut [u8],
    at: impl Into<u64>,
    size: impl Into<u64>,
) -> Result<&mut [u8], Stop> {
    let (len, at, size) = (heap.len(), at.into(), size.into());
    part_of(len, at, size)
        .and_then(|part| heap.get_mut(part))
        .ok_or_else(|| {
            Stop::violation(format!(
                "heap range {at}+{size} is outside the {len} bytes there are"
            ))
        })
}

/// A range as indices, if it ends within a length.
fn part_of(len: usize, at: u64, size: u64) -> Option<std::ops::Range<usize>> {
    let end = at.checked_add(size)?;
    let (start, end) = (usize::try_from(at).ok()?, usize::try_from(end).ok()?);
    (end <= len).then_some(start..end)
}

/// An amount of cycles from its two halves.
pub(crate) fn amount(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// Defines `NAME_size` and `NAME_copy` for a value that does not change while code runs.
pub(crate) fn define_value<P: Pointer>(
    linker: &mut Linker<Env>,
    name: &str,
    from: Entries,
    value: fn(&Execution) -> &[u8],
) -> wasmtime::Result<()> {
    system_call!(
        linker,
        format!("{name}_size"),
        from,
        cost::SYSTEM_CALL,
        |call| P::of_len(value(call.run()).len())
    );
    system_call!(
        linker,
        format!("{name}_copy"),
        from,
        cost::SYSTEM_CALL,
        |call, to: P, offset: P, size: P| {
            call.charge_bytes(size.into(), cost::BYTE_COPIED)?;
            let (heap, run) = call.heap();
            let value = value(run);
            let (start, n, len) = (offset.into(), size.into(), value.len());
            let part = part_of(len, start, n).and_then(|part| value.get(part));
            let part = part.ok_or_else(|| {
                Stop::violation(format!(
                    "range {start}+{n} is outside a value of {len} bytes"
                ))
            })?;
            range(heap, to, size)?.copy_from_slice(part);
        }
    );
    Ok(())
}
