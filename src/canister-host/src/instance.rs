//! An instance of a module: heap and globals, and the way to run code on them.
//!
//! Beside the running heap an image of the heap as of the last commit is kept. After an
//! execution the two are compared block by block, and only the blocks that differ are
//! copied, one way to commit and the other way to roll back. A heap that has grown cannot
//! shrink: rolling it back makes a new instance.

use wasmtime::{Global, Instance as WasmInstance, Memory, Mutability, Store, Table, Val};

use crate::config::PAGE_SIZE;
use crate::env::Env;
use crate::execution::{Closure, Execution};
use crate::module::Module;
use crate::rewrite;
use crate::stop::Stop;

/// What heaps are compared and copied in, and what the network counts dirty pages in.
const BLOCK: usize = 4096;

pub(crate) struct Instance {
    module: Module,
    store: Store<Env>,
    instance: WasmInstance,
    memory: Option<Memory>,
    table: Option<Table>,
    globals: Vec<Global>,
    image: Image,
}

/// Heap and globals as of the last commit.
#[derive(Default)]
pub(crate) struct Image {
    pub(crate) heap: Vec<u8>,
    pub(crate) globals: Vec<Val>,
}

/// What to run of an instance.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    Export(&'a str),
    Closure(Closure),
}

impl Instance {
    /// A fresh instance, its data segments in place, its start function not yet run.
    pub(crate) fn new(module: &Module, limits: crate::config::Limits) -> Result<Self, Stop> {
        let failed = |e: wasmtime::Error| Stop::Trapped(format!("instantiation failed: {e:#}"));
        let mut env = Env::default();
        env.run.limits = limits;
        let mut store = Store::new(module.code().module().engine(), env);
        store.limiter(|env| env);
        // Constant expressions are charged too.
        store.set_fuel(u64::MAX >> 1).map_err(failed)?;
        let instance = module.code().instantiate(&mut store).map_err(failed)?;
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
            image: Image::default(),
        };
        instance.image.globals = instance.read_globals();
        instance.image.heap = instance.heap().to_vec();
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
        execution: Execution,
        target: Target,
    ) -> (Execution, Result<(), Stop>) {
        let fuel = execution.meter.fuel();
        self.store.data_mut().run = execution;
        let result = self.call(fuel, target);
        let mut execution = std::mem::take(&mut self.store.data_mut().run);
        let left = self.store.get_fuel().unwrap_or(0);
        execution.meter.used = execution.meter.used_at(left);
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
            }) => self
                .table
                .and_then(|table| table.get(&mut *store, function.into()))
                .and_then(|entry| entry.as_func().flatten().copied())
                .ok_or_else(|| {
                    Stop::violation(format!("there is no function {function} in the table"))
                })?
                .typed::<u32, ()>(&*store)
                .map_err(|e| {
                    Stop::violation(format!("function {function} is not a callback: {e}"))
                })?
                .call(&mut *store, environment),
        };
        ended.map_err(|error| Stop::from_wasm(&error, store.data().run.meter.out_of_fuel()))
    }

    /// Calls an exported function that takes nothing and returns an address.
    pub(crate) fn call_for_address(&mut self, name: &str) -> Result<u32, Stop> {
        let failed = |e: wasmtime::Error| Stop::Trapped(e.to_string());
        let function = self
            .instance
            .get_typed_func::<(), u32>(&mut self.store, name);
        function
            .map_err(failed)?
            .call(&mut self.store, ())
            .map_err(failed)
    }

    /// Keeps what executions did since the last commit. Returns the number of 4 KiB blocks
    /// of the heap whose content changed.
    pub(crate) fn commit(&mut self) -> Result<u64, Stop> {
        self.image.globals = self.read_globals();
        let heap = self
            .memory
            .map_or(&[][..], |memory| memory.data(&self.store));
        let image = &mut self.image.heap;
        let mut changed = 0;
        for (new, old) in heap.chunks(BLOCK).zip(image.chunks_mut(BLOCK)) {
            if new != old {
                old.copy_from_slice(new);
                changed += 1;
            }
        }
        for block in heap[image.len()..].chunks(BLOCK) {
            changed += u64::from(block.iter().any(|&byte| byte != 0));
        }
        image.extend_from_slice(&heap[image.len()..]);
        if self.module.shape().changes_tables {
            self.renew()?;
        }
        Ok(changed)
    }

    /// Undoes what executions did since the last commit.
    pub(crate) fn rollback(&mut self) -> Result<(), Stop> {
        if self.heap().len() > self.image.heap.len() || self.module.shape().changes_tables {
            return self.renew();
        }
        self.restore()
    }

    /// Puts the last commit into a new instance.
    pub(crate) fn renew(&mut self) -> Result<(), Stop> {
        let image = std::mem::take(&mut self.image);
        *self = Instance::with_image(&self.module, image)?;
        Ok(())
    }

    /// An instance with a given heap, not smaller than the module's first, and globals.
    pub(crate) fn with_image(module: &Module, image: Image) -> Result<Self, Stop> {
        let mut instance = Instance::new(module, crate::config::Limits::default())?;
        if let Some(memory) = instance.memory {
            let missing = image.heap.len().saturating_sub(instance.heap().len()) as u64;
            memory
                .grow(&mut instance.store, missing / PAGE_SIZE)
                .map_err(|e| Stop::Trapped(format!("the heap cannot be restored: {e:#}")))?;
        }
        instance.image = image;
        instance.restore()?;
        Ok(instance)
    }

    /// An instance with a given heap, of a size the module allows, and some globals given.
    /// Those that are immutable keep the module's value.
    pub(crate) fn with_state(
        module: &Module,
        heap: Vec<u8>,
        values: &[(u32, Val)],
    ) -> Result<Self, Stop> {
        let mut globals = Instance::new(module, crate::config::Limits::default())?
            .image
            .globals;
        for (index, value) in values {
            if let Some(global) = globals.get_mut(*index as usize) {
                *global = *value;
            }
        }
        Instance::with_image(module, Image { heap, globals })
    }

    fn restore(&mut self) -> Result<(), Stop> {
        let Instance {
            store,
            globals,
            image,
            memory,
            ..
        } = self;
        if let Some(memory) = memory {
            let heap = memory.data_mut(&mut *store);
            for (new, old) in heap.chunks_mut(BLOCK).zip(image.heap.chunks(BLOCK)) {
                if new != old {
                    new.copy_from_slice(old);
                }
            }
        }
        for (global, value) in globals.iter().zip(&image.globals) {
            if global.ty(&*store).mutability() == Mutability::Var {
                global
                    .set(&mut *store, *value)
                    .map_err(|e| Stop::Trapped(e.to_string()))?;
            }
        }
        Ok(())
    }
}
