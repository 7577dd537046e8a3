//! `stable-migrate patch`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::Args;
use ic_stable_migration::PAGE_BYTES;
use stable_migrate::{
    Error, Image, NewFile, NewSnapshotDir, SnapshotDir, Source, count_text, number_text,
};

use super::next_steps::NextSteps;
use super::{Verdict, print};

/// Put other bytes into one virtual memory, in an emergency
///
/// Makes a new snapshot or stable memory in which that memory holds the bytes of a file, whole pages of 64 KiB, as
/// `extract` writes them. It gets buckets or gives them back as its size asks for; every other memory stays as it is, byte
/// for byte. All of it is read again and compared before anything appears. The old one is not touched.
///
/// Refused where the memory manager does not add up, and where the result contradicts itself: a state whose checksum is
/// wrong, a map that leads nowhere, a collection that is not there. --yes makes it all the same, and says what is broken.
///
/// A heap knows what it found in the memory, and where its buckets were: the canister has to be upgraded without
/// pre_upgrade before it is started again. What the heap alone has is lost then.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Patch {
    /// Snapshot directory, or file with a stable memory, plain or packed with gzip
    path: PathBuf,
    /// The virtual memory; one that is not there is added
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(u8).range(..=254))]
    memory: u8,
    /// File with its bytes: whole pages, as `truncate --size %65536` makes them
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// What to make: a directory or a file that does not exist yet
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
    /// Make it even if the result contradicts itself
    #[arg(long)]
    yes: bool,
    /// Name or id of the canister, for the commands that are printed
    #[arg(long, value_name = "NAME", default_value = "CANISTER")]
    canister: String,
}

const EXAMPLES: &str = "Examples:
  stable-migrate patch my-snapshot --memory 7 --from memory-7.bin -o my-snapshot-patched
  stable-migrate patch stable_memory.bin --memory 0 --from memory-0.bin -o patched.bin --yes";

impl Patch {
    pub fn run(self) -> Result<Verdict, Error> {
        let source = Source::open(&self.path)?;
        let content = Image::open_plain(&self.from)?;
        let patch = stable_migrate::Patch::plan(source.stable(), self.memory, &content)?;
        match &source {
            Source::Snapshot(snapshot) => {
                let (made, summary) = self.snapshot(snapshot, &patch)?;
                print(&summary)?;
                made.finish()?;
            }
            Source::Bare(_) => {
                let made = NewFile::begin(&self.output)?;
                let summary = self.write(&patch, made.file()?, made.path(), made.target())?;
                let must_hold = "  must hold      the canister is upgraded without pre_upgrade before it is started\n";
                print(&(summary + must_hold))?;
                made.finish()?;
            }
        }
        Ok(Verdict::Held)
    }

    fn snapshot(
        &self,
        snapshot: &SnapshotDir,
        patch: &stable_migrate::Patch,
    ) -> Result<(NewSnapshotDir, String), Error> {
        let made = NewSnapshotDir::begin(&self.output)?;
        let (path, name) = (made.stable_path(), made.stable_target());
        let summary = self.write(patch, made.create_stable()?, &path, &name)?;
        made.complete(snapshot, patch.stable_pages().1 * PAGE_BYTES)?;
        let next = NextSteps {
            canister: &self.canister,
            from: &self.path,
            to: &self.output,
            without_pre_upgrade: true,
        };
        Ok((made, format!("{summary}\n{}", next.commands())))
    }

    /// Writes the new memory into a file that lies at `path` and will be called `name`, reads it again, and says what was
    /// done.
    fn write(
        &self,
        patch: &stable_migrate::Patch,
        file: File,
        path: &Path,
        name: &Path,
    ) -> Result<String, Error> {
        patch.write(file, name)?;
        let made = Rc::new(Image::open_plain(path)?);
        let damages = patch.verify(&made, name)?;
        if let Some(damage) = damages.first()
            && !self.yes
        {
            return Err(Error::PatchDamages {
                path: self.path.clone(),
                damage: damage.clone(),
            });
        }
        let from_to =
            |(before, after)| format!("{} -> {}", number_text(before), count_text(after, "page"));
        let mut text = format!(
            "\
{} -> {}
  memory {:<7} {}, the bytes of {}
  stable memory  {}
  checked        memory {} byte for byte that file, every other memory as it was
",
            self.path.display(),
            self.output.display(),
            self.memory,
            from_to(patch.memory_pages()),
            self.from.display(),
            from_to(patch.stable_pages()),
            self.memory
        );
        for damage in damages {
            text.push_str(&format!("  BROKEN         {damage}\n"));
        }
        Ok(text)
    }
}
