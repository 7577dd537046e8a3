//! An instance of a module: heap and globals, and the way to run code on them.
//!
//! What executions did to them is kept by a commit and undone by a rollback. A heap that
//! has grown cannot shrink: rolling it back makes a new instance.

use wasmtime::{Global, Instance as WasmInstance, Memory, Mutability, Store, Table, Val};

use crate::config::{HostConfig, Limits, PAGE_SIZE};
use crate::env::Env;
use crate::execution::{Closure, Execution};
use crate::heap::Image;
use crate::module::Module;
use crate::profile::Recorder;
use crate::rewrite;
use crate::stop::Stop;

pub(crate) struct Instance {
    module: Module,
    store: Store<Env>,
    instance: WasmInstance,
    memory: Option<Memory>,
    table: Option<Table>,
    globals: Vec<Global>,
    /// The heap as of the last commit.
    image: Image,
    /// The globals as of the last commit.
    values: Vec<Val>,
}

/// What to run of an instance.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    Export(&'a str),
    Closure(Closure),
}

impl Instance {
    /// A fresh instance, its data segments in place, its start function not yet run.
    pub(crate) fn new(module: &Module, limits: Limits) -> Result<Self, Stop> {
        let failed = |e: wasmtime::Error| Stop::Trapped(format!("instantiation failed: {e:#}"));
        let mut env = Env::default();
        // The soft limit is for code that runs, and for whoever installs.
        env.run.limits = Limits {
            wasm_memory_limit: 0,
            ..limits
        };
        let mut store = Store::new(module.code().module().engine(), env);
        store.limiter(|env| env);
        // Constant expressions are charged too.
        store.set_fuel(u64::MAX >> 1).map_err(failed)?;
        let instantiate = || module.code().instantiate(&mut store).map_err(failed);
        let (instance, image) = Image::around(instantiate)?;
        let memory = instance.get_memory(&mut store, rewrite::MEMORY);
        let table = instance.get_table(&mut store, rewrite::TABLE);
        let globals = (0..module.shape().globals.len() as u32)
            .filter_map(|index| instance.get_global(&mut store, &rewrite::global_name(index)))
            .collect();
        store.data_mut().memory = memory;
        let mut instance = Instance {
            module: module.clone(),
            store,
            instance,
            memory,
            table,
            globals,
            image,
            values: Vec::new(),
        };
        instance.values = instance.read_globals();
        Ok(instance)
    }

    pub(crate) fn module(&self) -> &Module {
        &self.module
    }

    pub(crate) fn heap(&self) -> &[u8] {
        self.memory.map_or(&[], |memory| memory.data(&self.store))
    }

    pub(crate) fn heap_pages(&self) -> u64 {
        self.heap().len() as u64 / PAGE_SIZE
    }

    pub(crate) fn read_globals(&mut self) -> Vec<Val> {
        let Instance { globals, store, .. } = self;
        globals
            .iter()
            .map(|global| global.get(&mut *store))
            .collect()
    }

    /// Runs code on the instance, in an execution, and gives the execution back with its
    /// meter read. Changes to heap and globals are neither kept nor undone yet.
    pub(crate) fn run(
        &mut self,
        mut execution: Execution,
        target: Target,
    ) -> (Execution, Result<(), Stop>) {
        let fuel = execution.meter.fuel();
        execution.meter.profile = self.module.names().map(|_| Recorder::default());
        self.store.data_mut().run = execution;
        let result = self.call(fuel, target);
        let mut execution = std::mem::take(&mut self.store.data_mut().run);
        let left = self.store.get_fuel().unwrap_or(0);
        let used = execution.meter.used_at(left);
        execution.meter.used = used;
        let recorded = execution.meter.profile.take().zip(self.module.names());
        execution.profile = recorded.map(|(recorder, names)| recorder.finish(used, names));
        (execution, result)
    }

    fn call(&mut self, fuel: u64, target: Target) -> Result<(), Stop> {
        let store = &mut self.store;
        let internal = |e: wasmtime::Error| Stop::Trapped(e.to_string());
        store.set_fuel(fuel).map_err(internal)?;
        let ended = match target {
            Target::Export(name) => self
                .instance
                .get_typed_func::<(), ()>(&mut *store, name)
                .map_err(|e| Stop::violation(format!("{name} is not an entry point: {e}")))?
                .call(&mut *store, ()),
            Target::Closure(Closure {
                function,
                environment,
            }) => {
                let callback = self
                    .table
                    .and_then(|table| table.get(&mut *store, function))
                    .and_then(|entry| entry.as_func().flatten().copied())
                    .ok_or_else(|| {
                        Stop::violation(format!("there is no function {function} in the table"))
                    })?;
                let wrong = |e: wasmtime::Error| {
                    Stop::violation(format!("function {function} is not a callback: {e}"))
                };
                match self.module.has_wide_heap() {
                    true => callback
                        .typed::<u64, ()>(&*store)
                        .map_err(wrong)?
                        .call(&mut *store, environment),
                    // It came as 32 bits.
                    false => callback
                        .typed::<u32, ()>(&*store)
                        .map_err(wrong)?
                        .call(&mut *store, environment as u32),
                }
            }
        };
        ended.map_err(|error| Stop::from_wasm(&error, store.data().run.meter.out_of_fuel()))
    }

    /// Calls an exported function that takes nothing and returns an address. It may use as
    /// many instructions as an inspection.
    pub(crate) fn call_for_address(&mut self, name: &str) -> Result<u64, Stop> {
        let failed = |e: wasmtime::Error| Stop::Trapped(e.to_string());
        let Instance {
            instance, store, ..
        } = self;
        let fuel = HostConfig::default().inspect_instructions;
        store.set_fuel(fuel).map_err(failed)?;
        if self.module.has_wide_heap() {
            let function = instance.get_typed_func::<(), u64>(&mut *store, name);
            return function.map_err(failed)?.call(store, ()).map_err(failed);
        }
        let function = instance.get_typed_func::<(), u32>(&mut *store, name);
        let address = function.map_err(failed)?.call(store, ()).map_err(failed)?;
        Ok(address.into())
    }

    /// How many 4 KiB blocks of the heap were written to since the last commit. 0 if the
    /// system cannot tell, of which the commit or the rollback that follows complains.
    pub(crate) fn written(&self) -> u64 {
        self.image.written(self.heap()).unwrap_or(0)
    }

    /// Keeps what executions did since the last commit.
    pub(crate) fn commit(&mut self) -> Result<(), Stop> {
        self.values = self.read_globals();
        let heap = self
            .memory
            .map_or(&[][..], |memory| memory.data(&self.store));
        self.image.commit(heap).map_err(system)?;
        if self.module.shape().changes_tables {
            self.renew()?;
        }
        Ok(())
    }

    /// Undoes what executions did since the last commit.
    pub(crate) fn rollback(&mut self) -> Result<(), Stop> {
        if self.heap().len() > self.image.size() || self.module.shape().changes_tables {
            return self.renew();
        }
        let Instance {
            store,
            image,
            memory,
            ..
        } = self;
        let heap = memory.map_or(&mut [][..], |memory| memory.data_mut(&mut *store));
        image.rollback(heap).map_err(system)?;
        self.write_globals()
    }

    /// Puts the last commit into a new instance.
    fn renew(&mut self) -> Result<(), Stop> {
        let mut next = Instance::with_heap_of(&self.module, self.image.size())?;
        let Instance {
            store,
            image,
            memory,
            ..
        } = &mut next;
        let heap = memory.map_or(&mut [][..], |memory| memory.data_mut(&mut *store));
        let last = std::mem::replace(&mut self.image, Image::Copied(Vec::new()));
        image.adopt(last, heap).map_err(system)?;
        next.values = std::mem::take(&mut self.values);
        next.write_globals()?;
        *self = next;
        Ok(())
    }

    /// An instance with a given heap, of a size the module allows, and some globals given.
    /// Those that are immutable keep the module's value.
    pub(crate) fn with_state(
        module: &Module,
        heap: &[u8],
        values: &[(u32, Val)],
    ) -> Result<Self, Stop> {
        let mut instance = Instance::with_heap_of(module, heap.len())?;
        if let Some(memory) = instance.memory {
            memory.data_mut(&mut instance.store).copy_from_slice(heap);
        }
        for (index, value) in values {
            if let Some(global) = instance.values.get_mut(*index as usize) {
                *global = *value;
            }
        }
        instance.write_globals()?;
        instance.commit()?;
        Ok(instance)
    }

    /// A fresh instance that goes on with the heap of another.
    pub(crate) fn on_heap(module: &Module, limits: Limits, heap: &[u8]) -> Result<Self, Stop> {
        let mut instance = Instance::new(module, limits)?;
        instance.grow_to(heap.len())?;
        if let Some(memory) = instance.memory
            && let Some(start) = memory.data_mut(&mut instance.store).get_mut(..heap.len())
        {
            start.copy_from_slice(heap);
        }
        Ok(instance)
    }

    /// A fresh instance whose heap has grown to a size in bytes.
    fn with_heap_of(module: &Module, size: usize) -> Result<Self, Stop> {
        let mut instance = Instance::new(module, Limits::default())?;
        instance.grow_to(size)?;
        Ok(instance)
    }

    fn grow_to(&mut self, size: usize) -> Result<(), Stop> {
        if let Some(memory) = self.memory {
            let missing = size.saturating_sub(self.heap().len()) as u64;
            memory
                .grow(&mut self.store, missing / PAGE_SIZE)
                .map_err(|e| Stop::Trapped(format!("the heap cannot be restored: {e:#}")))?;
        }
        Ok(())
    }

    fn write_globals(&mut self) -> Result<(), Stop> {
        let Instance {
            store,
            globals,
            values,
            ..
        } = self;
        for (global, value) in globals.iter().zip(values) {
            if global.ty(&*store).mutability() == Mutability::Var {
                global
                    .set(&mut *store, *value)
                    .map_err(|e| Stop::Trapped(e.to_string()))?;
            }
        }
        Ok(())
    }
}

fn system(error: std::io::Error) -> Stop {
    Stop::Trapped(format!("the system does not keep the heap: {error}"))
}
