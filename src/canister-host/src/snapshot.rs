//! The whole state of a canister, as the network's canister snapshots hold it.

use std::fmt;

use candid::Principal;
use wasmtime::Val;

use crate::config::{MAX_STABLE_PAGES, PAGE_SIZE};
use crate::cost;
use crate::error::HostError;
use crate::host::Host;
use crate::instance::Instance;
use crate::module::{Module, ModuleError};
use crate::rates;
use crate::reject::code;
use crate::rewrite::Shape;
use crate::stable::{StableError, StableMemory};
use crate::stop::Stop;

/// A canister's state, taken with [`Host::take_snapshot`] or put together from a downloaded
/// snapshot. What it holds and in which order is what the management canister's
/// `read_canister_snapshot_metadata` and `read_canister_snapshot_data` tell.
#[derive(Clone)]
pub struct Snapshot {
    /// The module, packed if it was installed so.
    pub module: Vec<u8>,
    /// The heap: a whole number of 64 KiB pages.
    pub heap: Vec<u8>,
    /// The exported globals in the order of the export section, immutable ones too; then the
    /// mutable ones that are not exported, by index; then one more, the network's
    /// instruction counter, which is written as 0 and ignored when it is read.
    pub globals: Vec<GlobalValue>,
    /// Stable memory.
    pub stable: StableMemory,
    /// Certified data, at most 32 bytes.
    pub certified_data: Vec<u8>,
    /// When the global timer is due, in nanoseconds since 1970; 0 is inactive. `None` is a
    /// snapshot that does not say: loading it leaves the timer as it is.
    pub global_timer: Option<u64>,
    /// The canister's version when it was taken.
    pub version: u64,
    /// When it was taken, in nanoseconds since 1970.
    pub taken_at: u64,
}

/// The value of a global. Floats are given by their bits, so that every value compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalValue {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A vector.
    V128(u128),
}

/// The value the list of globals ends with.
const COUNTER: GlobalValue = GlobalValue::I64(0);

/// Why a snapshot cannot be taken or loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Its module is not one for this host.
    #[error("the module of the snapshot: {0}")]
    Module(#[from] ModuleError),
    /// Its globals are not those of its module.
    #[error(
        "the snapshot has the globals ({found}), its module wants ({expected}): they belong to \
         another module, or the list was cut"
    )]
    Globals {
        /// The types the module wants, the counter included.
        expected: String,
        /// The types there are.
        found: String,
    },
    /// A global of a type that snapshots do not hold.
    #[error("global {index} of the module holds a reference, which snapshots cannot")]
    ReferenceGlobal {
        /// The global's index.
        index: u32,
    },
    /// Its heap is not one its module can have.
    #[error("the heap of the snapshot has {bytes} bytes, its module wants {wanted}")]
    Heap {
        /// The bytes there are.
        bytes: u64,
        /// What the module wants, in words.
        wanted: String,
    },
    /// Its stable memory is larger than a canister's may be.
    #[error("the stable memory of the snapshot has {pages} pages, {MAX_STABLE_PAGES} are allowed")]
    Stable {
        /// The pages there are.
        pages: u64,
    },
    /// Its certified data is too long.
    #[error("the certified data of the snapshot has {bytes} bytes, 32 are allowed")]
    CertifiedData {
        /// The bytes there are.
        bytes: usize,
    },
    /// The engine failed to bring it to life.
    #[error("the snapshot cannot be brought to life: {0}")]
    Engine(String),
}

impl Snapshot {
    /// What is not as it was in `before`, in words; none where everything is. Version and time are not compared.
    ///
    /// # Errors
    /// A stable memory cannot be read.
    pub fn difference(&self, before: &Self) -> Result<Option<String>, StableError> {
        let unequal = [
            ("the module", self.module == before.module),
            ("the heap", self.heap == before.heap),
            ("a global", self.globals == before.globals),
            (
                "the certified data",
                self.certified_data == before.certified_data,
            ),
            ("the timer", self.global_timer == before.global_timer),
        ];
        if let Some((what, _)) = unequal.into_iter().find(|(_, same)| !same) {
            return Ok(Some(format!("{what} is not as before")));
        }
        let (pages, were) = (self.stable.pages(), before.stable.pages());
        if pages != were {
            return Ok(Some(format!(
                "stable memory has {pages} pages, and had {were}"
            )));
        }
        let byte = self.stable.first_difference(&before.stable)?;
        Ok(byte.map(|at| format!("stable memory differs at byte {at}")))
    }
}

impl Host {
    /// Takes a snapshot of a canister. Calls it waits for are not in it.
    ///
    /// # Errors
    /// There is no such canister, it is empty, or it has a global that snapshots do not hold.
    pub fn take_snapshot(&mut self, id: Principal) -> Result<Snapshot, HostError> {
        let canister = self
            .canisters
            .get_mut(&id)
            .ok_or(HostError::CanisterNotFound(id))?;
        let instance = canister.instance.as_mut().ok_or(HostError::NoModule(id))?;
        let values = instance.read_globals();
        let shape = instance.module().shape();
        let recorded = shape.snapshot_order.iter().map(|&index| {
            let value = values.get(index as usize).and_then(GlobalValue::from_val);
            value.ok_or(SnapshotError::ReferenceGlobal { index })
        });
        let globals: Result<Vec<_>, _> = recorded.chain([Ok(COUNTER)]).collect();
        let globals = globals.map_err(|error| HostError::Snapshot {
            canister: id,
            error,
        })?;
        Ok(Snapshot {
            module: instance.module().bytes().to_vec(),
            heap: instance.heap().to_vec(),
            globals,
            stable: canister.state.stable.clone(),
            certified_data: canister.state.certified_data.clone(),
            global_timer: Some(canister.state.global_timer),
            version: canister.version,
            taken_at: self.time,
        })
    }

    /// Replaces a canister's module and all its state by a snapshot's. No hook runs. Calls
    /// that wait for its answer are rejected, and responses it waits for are dropped.
    ///
    /// # Errors
    /// There is no such canister, it installed too much lately, or the snapshot does not fit
    /// together; then nothing changed.
    pub fn load_snapshot(&mut self, id: Principal, snapshot: &Snapshot) -> Result<(), HostError> {
        let canister = self.canisters.get(&id);
        let canister = canister.ok_or(HostError::CanisterNotFound(id))?;
        rates::check_debit(canister, self.config.install_rate)?;
        let failed = |error| HostError::Snapshot {
            canister: id,
            error,
        };
        let instance = snapshot.instantiate().map_err(failed)?;
        let compilation = self.compilation_of(instance.module()).charged;
        let bytes = snapshot
            .stable
            .size()
            .saturating_add(snapshot.heap.len() as u64);
        self.compiled.insert(instance.module().hash());
        self.drop_contexts(id, code::SNAPSHOT_LOADED, "was replaced by a snapshot");
        let canister = self
            .canisters
            .get_mut(&id)
            .ok_or(HostError::CanisterNotFound(id))?;
        canister.instance = Some(instance);
        canister.state.stable = snapshot.stable.clone();
        canister.state.certified_data = snapshot.certified_data.clone();
        if let Some(timer) = snapshot.global_timer {
            canister.state.global_timer = timer;
        }
        // A version that another host or a file made up may be the last there is.
        let version = canister.version.max(snapshot.version);
        canister.version = version.saturating_add(1);
        let instructions = cost::LOAD_SNAPSHOT
            .saturating_add(bytes)
            .saturating_add(compilation);
        rates::book(canister, instructions, self.config.install_rate);
        Ok(())
    }
}

impl Snapshot {
    /// Checks that the parts belong together, and brings module, heap and globals to life.
    fn instantiate(&self) -> Result<Instance, SnapshotError> {
        let module = Module::new(&self.module)?;
        let values = self.globals_for(module.shape())?;
        let pages = self.stable.pages();
        if pages > MAX_STABLE_PAGES {
            return Err(SnapshotError::Stable { pages });
        }
        if self.certified_data.len() > 32 {
            return Err(SnapshotError::CertifiedData {
                bytes: self.certified_data.len(),
            });
        }
        self.check_heap(&module)?;
        let failed = |stop: Stop| SnapshotError::Engine(stop.to_string());
        Instance::with_state(&module, &self.heap, &values).map_err(failed)
    }

    fn globals_for(&self, shape: &Shape) -> Result<Vec<(u32, Val)>, SnapshotError> {
        let types = shape.snapshot_order.iter().map(|&index| {
            let global = shape.globals.get(index as usize);
            global.map_or_else(String::new, |global| global.content_type.to_string())
        });
        let expected: Vec<String> = types.chain(["i64".to_owned()]).collect();
        let found: Vec<String> = self
            .globals
            .iter()
            .map(|g| g.type_name().to_owned())
            .collect();
        if expected != found {
            let (expected, found) = (expected.join(", "), found.join(", "));
            return Err(SnapshotError::Globals { expected, found });
        }
        let indices = shape.snapshot_order.iter().copied();
        Ok(indices
            .zip(self.globals.iter().map(|global| global.to_val()))
            .collect())
    }

    fn check_heap(&self, module: &Module) -> Result<(), SnapshotError> {
        let bytes = self.heap.len() as u64;
        let wrong = |wanted: String| Err(SnapshotError::Heap { bytes, wanted });
        let Some((least, most)) = module.heap_pages() else {
            return if bytes == 0 {
                Ok(())
            } else {
                wrong("none".to_owned())
            };
        };
        if !bytes.is_multiple_of(PAGE_SIZE) {
            return wrong(format!("whole pages of {PAGE_SIZE}"));
        }
        if !(least..=most).contains(&(bytes / PAGE_SIZE)) {
            return wrong(format!(
                "from {} to {}",
                least.saturating_mul(PAGE_SIZE),
                most.saturating_mul(PAGE_SIZE)
            ));
        }
        Ok(())
    }
}

impl GlobalValue {
    /// The type's name in WebAssembly.
    pub fn type_name(&self) -> &'static str {
        match self {
            GlobalValue::I32(_) => "i32",
            GlobalValue::I64(_) => "i64",
            GlobalValue::F32(_) => "f32",
            GlobalValue::F64(_) => "f64",
            GlobalValue::V128(_) => "v128",
        }
    }

    fn from_val(value: &Val) -> Option<Self> {
        match *value {
            Val::I32(n) => Some(GlobalValue::I32(n)),
            Val::I64(n) => Some(GlobalValue::I64(n)),
            Val::F32(bits) => Some(GlobalValue::F32(bits)),
            Val::F64(bits) => Some(GlobalValue::F64(bits)),
            Val::V128(vector) => Some(GlobalValue::V128(vector.as_u128())),
            _ => None,
        }
    }

    fn to_val(self) -> Val {
        match self {
            GlobalValue::I32(n) => Val::I32(n),
            GlobalValue::I64(n) => Val::I64(n),
            GlobalValue::F32(bits) => Val::F32(bits),
            GlobalValue::F64(bits) => Val::F64(bits),
            GlobalValue::V128(vector) => Val::V128(vector.into()),
        }
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("module_bytes", &self.module.len())
            .field("heap_bytes", &self.heap.len())
            .field("globals", &self.globals)
            .field("stable", &self.stable)
            .field("certified_data", &self.certified_data)
            .field("global_timer", &self.global_timer)
            .field("version", &self.version)
            .field("taken_at", &self.taken_at)
            .finish()
    }
}
