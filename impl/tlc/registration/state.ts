/** A world of registration as a state of `Registration.tla`: variable by variable, in one canonical text. */
import type { KubeletState, viewOfKubelet } from '../../../machines/kubelet/index.ts';
import type { viewOfScheduler } from '../../../machines/scheduler/index.ts';
import type { NodeFact } from '../../../spec/facts.ts';
import { EMPTY_JOURNAL, type JournalState } from '../../../spec/journal.ts';
import type { Flight, Process, Setting, World } from '../../explorer/world.ts';
import { kubeletLife, schedulerLife } from '../chain/lives.ts';
import { messageOf, nodeFactOf } from '../chain/messages.ts';
import { journalOf, writeOf } from '../chain/state.ts';
import { connectionsBy, lifeNumber } from '../link/connections.ts';
import { remembered } from '../remembered.ts';
import { bagOf, option, stateText } from '../text.ts';

const K = 'kubelet/n1';
const processOf = (id: string) => [id.startsWith(K) ? 'k' : 's', lifeNumber(id)];

/** A journal: in these worlds it may have been lost. */
const keptOf = (journal: JournalState = EMPTY_JOURNAL) => ({
  ...journalOf(journal),
  doubtful: journal.doubtful,
});

/** The version of the Node that the watch told last. */
const seenOf = ({ seen }: Process) => Number((seen['nodes/n1'] as NodeFact | undefined)?.resourceVersion);

const leaderOf = (process: Process, view: ReturnType<typeof viewOfScheduler>) => ({
  ...schedulerLife(process, view),
  barrier: option(view.barrier, (nodes) => new Set(nodes)),
  rv: seenOf(process),
});

const agentOf = (process: Process, view: ReturnType<typeof viewOfKubelet>) => ({
  ...kubeletLife(process, view),
  rv: seenOf(process),
  kept: option((process.state as KubeletState).context.journal, keptOf),
});

const lifeOf = remembered((process: Process, setting: Setting): object => {
  const view = setting.stages[process.peer]?.view(process.state as never) as never;
  return process.peer === K ? agentOf(process, view) : leaderOf(process, view);
});
const connectionsOf = connectionsBy((message) => messageOf(message, true));
const flightOf = (flight: Flight) => ({ by: processOf(flight.by), write: writeOf(flight) });

function pastOf({ history }: World) {
  const { numbered, misnumbered, superseded, stopped } = history;
  const byProcess = (numbers: Readonly<Record<string, number>>) =>
    new Map(Object.entries(numbers).map(([id, number]) => [processOf(id), number]));
  return {
    numbered: byProcess(numbered),
    misnumbered: new Set(misnumbered.map(processOf)),
    superseded: byProcess(superseded),
    stopped: new Set(stopped.map(processOf)),
  };
}

function leftOf({ budgets, acts }: World, { description }: Setting) {
  return {
    usurp: budgets.usurp.scheduler ?? 0,
    crash: budgets.crash.scheduler ?? 0,
    agent: budgets.usurp[K] ?? 0,
    agentCrash: budgets.crash[K] ?? 0,
    back: budgets.clockBack,
    loss: budgets.lostReply,
    delete: (description.script?.length ?? 0) - acts,
  };
}

/** The state of `Registration.tla` that a world stands for: equal texts for equal states. */
export function registrationState(setting: Setting, world: World): string {
  const processes = Object.values(world.processes);
  const leaders = processes.filter(({ peer }) => peer === 'scheduler');
  const agents = processes.filter(({ peer }) => peer === K);
  return stateText({
    ss: new Map(leaders.map((process) => [process.incarnation, lifeOf(process, setting)])),
    ks: new Map(agents.map((process) => [lifeNumber(process.id), lifeOf(process, setting)])),
    lives: { s: world.lives.scheduler ?? 0, k: world.lives[K] ?? 0 },
    net: connectionsOf(world),
    lease: world.api.leases.scheduler ?? 0,
    node: nodeFactOf(world.api.nodes.n1 as NodeFact),
    flights: bagOf(world.flights.map(flightOf)),
    journal: keptOf(world.journals.n1),
    awaited: {
      s: option(world.down.scheduler, (above) => above),
      k: option(world.down[K], (above) => above),
    },
    left: leftOf(world, setting),
    past: pastOf(world),
  });
}
