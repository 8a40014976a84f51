//! What the API and the signals may ask of the running exchange, and the handle they ask it with.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::base::id::{CallId, TransferId};
use crate::base::limits;
use crate::call::order::{Order, Refused, Taken, TransferView};
use crate::exchange::Plan;
use crate::exchange::board::{AgentView, QueueView};
use crate::exchange::view::CallView;
use crate::runtime::metrics::Snapshot;
use crate::sip::config::Config;

/// What became of an order at once; what it leads to is told by events.
pub type Ordered = Result<Taken, Refused>;

/// Queues and agents at one instant.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Board {
    pub queues: Vec<QueueView>,
    pub agents: Vec<AgentView>,
}

/// One question or order, answered in the exchange's own time.
#[derive(Debug)]
pub enum Command {
    Calls(oneshot::Sender<Vec<CallView>>),
    Call(CallId, oneshot::Sender<Option<CallView>>),
    Transfer(TransferId, oneshot::Sender<Option<TransferView>>),
    Board(oneshot::Sender<Board>),
    /// The site as it is run now.
    Plan(oneshot::Sender<Arc<Plan>>),
    Snapshot(oneshot::Sender<Snapshot>),
    Order(Box<Order>, oneshot::Sender<Ordered>),
    /// A site that was checked takes the place of the running one.
    Reload {
        plan: Arc<Plan>,
        signalling: Arc<Config>,
        done: oneshot::Sender<()>,
    },
    /// No new calls; the driver ends when the last one is over, or when the site's `limits.drain` is.
    Drain,
    /// Calls in progress are ended, and then the driver.
    EndCalls,
}

/// The lane of commands is full, or the exchange has ended: 503 with Retry-After.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unavailable;

/// A cheap handle on the exchange.
#[derive(Clone, Debug)]
pub struct Handle {
    lane: mpsc::Sender<Command>,
}

impl Handle {
    pub(super) fn new() -> (Self, mpsc::Receiver<Command>) {
        let (lane, commands) = mpsc::channel(limits::COMMAND_LANE);
        (Self { lane }, commands)
    }

    pub async fn calls(&self) -> Result<Vec<CallView>, Unavailable> {
        self.ask(Command::Calls).await
    }

    pub async fn call(&self, id: CallId) -> Result<Option<CallView>, Unavailable> {
        self.ask(|answer| Command::Call(id, answer)).await
    }

    /// A transfer, live or among the last that are over.
    pub async fn transfer(&self, id: TransferId) -> Result<Option<TransferView>, Unavailable> {
        self.ask(|answer| Command::Transfer(id, answer)).await
    }

    pub async fn board(&self) -> Result<Board, Unavailable> {
        self.ask(Command::Board).await
    }

    pub async fn plan(&self) -> Result<Arc<Plan>, Unavailable> {
        self.ask(Command::Plan).await
    }

    /// Asks something of a live call. Answered when its gates have passed, which can take as long as the disk.
    pub async fn order(&self, order: Order) -> Result<Ordered, Unavailable> {
        self.ask(|answer| Command::Order(Box::new(order), answer)).await
    }

    pub async fn snapshot(&self) -> Result<Snapshot, Unavailable> {
        self.ask(Command::Snapshot).await
    }

    pub async fn reload(&self, plan: Arc<Plan>, signalling: Arc<Config>) -> Result<(), Unavailable> {
        self.ask(|done| Command::Reload { plan, signalling, done }).await
    }

    pub fn drain(&self) -> Result<(), Unavailable> {
        self.lane.try_send(Command::Drain).map_err(|_| Unavailable)
    }

    pub fn end_calls(&self) -> Result<(), Unavailable> {
        self.lane.try_send(Command::EndCalls).map_err(|_| Unavailable)
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Unavailable> {
        let (answer, answered) = oneshot::channel();
        self.lane.try_send(command(answer)).map_err(|_| Unavailable)?;
        answered.await.map_err(|_| Unavailable)
    }
}
