//! `stable-migrate fleet run`.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use clap::Args;
use fleet::Command;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use stable_migrate::fleet::{
    AgentNetwork, Clock, Connection, Finish, FleetError, FleetPlan, Interrupt, Journal, Rehearser,
    Runner, Whole, fleet_text,
};
use stable_migrate::{Error, end_unfinished};

use super::key::Password;
use super::told::Told;
use crate::cli::{Verdict, print};

/// Carry out a plan, or go on with one
///
/// Holds itself to the plan: a module file that is not what was planned, or a journal of another plan, is refused. Every
/// decision is in the journal before its call is made; so whatever ends this program, the same command goes on with what
/// was begun: it finds out what became of the calls without an answer, and repeats nothing that was done.
///
/// The first Ctrl-C pauses: no canister is begun any more, and those under way are brought to an end. The second ends the
/// program at once; that is safe too, but canisters may be left stopped until the next run.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// What `fleet plan -o` kept
    plan: PathBuf,
    /// Journal: made if it is not there
    #[arg(long, value_name = "FILE")]
    journal: PathBuf,
    /// The controller's key, if it is not where it was when the plan was made
    #[arg(long, value_name = "FILE|NAME")]
    identity: Option<String>,
    #[command(flatten)]
    password: Password,
    /// Rehearsals at one time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: usize,
    /// Query whose answer may change, for rehearsals; give it again for another
    #[arg(long, value_name = "QUERY")]
    leave_out: Vec<String>,
    /// Go on after a pause or a halt
    #[arg(long)]
    resume: bool,
    /// Stay when paused or halted, until a command lets it go on
    #[arg(long)]
    wait: bool,
    /// Tell nothing while it goes on
    #[arg(long)]
    quiet: bool,
    /// Print every event as a line of JSON
    #[arg(long, conflicts_with = "quiet")]
    json_lines: bool,
    /// Keep figures for a monitor in this file, in the text format of Prometheus
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
}

const EXAMPLES: &str = "Examples:
  stable-migrate fleet run plan.json --journal fleet.sqlite
  stable-migrate fleet run plan.json --journal fleet.sqlite --resume --metrics /var/lib/node_exporter/fleet.prom
  stable-migrate fleet run plan.json --journal fleet.sqlite --json-lines >>fleet.log

Exit status: 0 if all was done, 1 if some canisters failed or were passed over, 2 if it could not be done, 3 if it is halted
or paused.";

impl Run {
    pub fn run(self) -> Result<Verdict, Error> {
        let plan = FleetPlan::read(&self.plan)?;
        let modules = plan.modules()?;
        let identity = self.identity.as_ref().unwrap_or(&plan.operator.identity);
        let key = self.password.key(identity)?;
        if key.principal != plan.operator.principal {
            let reason = format!(
                "is {}, and the plan is for {}: give the plan's key with --identity, or make a new plan",
                key.principal, plan.operator.principal
            );
            return Err(FleetError::Identity {
                name: key.name,
                reason,
            }
            .into());
        }
        let opened = Journal::run(&self.journal, &plan)?;
        let rehearser = match plan.members.iter().any(|member| member.rehearse) {
            false => None,
            true => {
                let mut stages = Vec::new();
                for ((stage, file), (_, bytes)) in
                    plan.plan.stages.iter().zip(&plan.modules).zip(&modules)
                {
                    stages.push((stage.name.clone(), bytes.clone(), file.argument.clone()));
                }
                let left_out = self.leave_out.clone();
                Some(Rehearser::new(&stages, key.principal, left_out, self.jobs)?)
            }
        };
        let plan = Arc::new(plan);
        let mut told = Told::new(self.quiet, self.json_lines, self.metrics.clone());
        let runtime = super::runtime()?;
        let (finish, whole) = runtime.block_on(async {
            let connection = connect(&plan, key.identity).await?;
            let network = AgentNetwork::new(connection, &plan, modules, rehearser);
            let network = Arc::new(network);
            let runner = Runner::new(plan.clone(), opened, network, Clock::System);
            let mut runner = runner.waiting(self.wait);
            if self.resume {
                let now = Clock::System.now();
                runner.journal().command(&Command::Resume, now)?;
            }
            listen(runner.interrupt()).map_err(FleetError::io("signals".as_ref()))?;
            let finish = runner.run(&mut told).await?;
            told.measure(runner.fleet());
            Ok::<_, FleetError>((finish, Whole::of(&plan, runner.fleet())))
        })?;
        drop(told);
        // What is asked of the network still, if anything, does not matter any more.
        runtime.shutdown_background();
        if !self.quiet && !self.json_lines {
            print(&fleet_text(&whole))?;
            if finish != Finish::Finished {
                let journal = self.journal.display();
                print(&format!(
                    "\nTo go on: stable-migrate fleet run {} --journal {journal} --resume\n",
                    self.plan.display()
                ))?;
            }
        }
        Ok(match finish {
            Finish::Halted | Finish::Paused => Verdict::Halted,
            Finish::Finished if whole.held => Verdict::Held,
            Finish::Finished => Verdict::Different,
        })
    }
}

async fn connect(
    plan: &FleetPlan,
    identity: Arc<dyn ic_agent::Identity>,
) -> Result<Connection, FleetError> {
    Connection::open(&plan.network, identity, plan.plan.settle).await
}

/// The first signal pauses, the second ends the program.
fn listen(interrupt: Arc<Interrupt>) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::spawn(move || {
        let mut paused = false;
        for signal in &mut signals {
            if std::mem::replace(&mut paused, true) {
                end_unfinished(signal);
            }
            eprintln!(
                "stable-migrate: pausing; what is under way is brought to an end. Once more ends at once."
            );
            interrupt.ask();
        }
    });
    Ok(())
}
