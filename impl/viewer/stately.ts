/**
 * Plays a film to Stately's inspector: each life of a stage is an actor, each machine within it a child of it, each step an event and the
 * states that it leads to. The inspector's bridge runs here (`@statelyai/inspect/server`); its page is Stately's own, and not on this machine.
 */
import type { createInspector } from '@statelyai/inspect';
import { KubedirectError } from '../../spec/errors.ts';
import { stageOf } from '../../spec/vocabulary.ts';
import { type Chart, chartsOf } from './charts.ts';
import { ROOMS } from './diagrams/page.ts';
import { type Film, isStep, type StepFrame } from './film.ts';
import { type Life, Rerun } from './rerun.ts';

const MACHINES = new Map(ROOMS.flatMap(({ machines }) => machines).map((machine) => [machine.id, machine]));
/** ms that a bridge may take to answer. */
const PATIENCE = 5_000;
/** The package's name, in a variable: it is not there where only what runs in a cluster is installed. */
const PACKAGE = '@statelyai/inspect';

/** What is said of an actor. */
export type Says = Pick<ReturnType<typeof createInspector>, 'actor' | 'event' | 'snapshot'>;

/** Who runs a machine, as XState has it: the library takes the definition from there alone. */
interface Actor {
  readonly sessionId: string;
  readonly id: string;
  readonly logic: { readonly config: object };
  readonly _parent?: Actor;
}
const actorOf = (sessionId: string, machine: string, parent?: Actor) => ({
  ...{ sessionId, id: sessionId, logic: { config: MACHINES.get(machine)?.config ?? { id: machine } } },
  ...(parent !== undefined && { _parent: parent }),
});
const nameOf = ({ stage, incarnation }: Life) => `${stage}~${incarnation}`;
/** Says all that a film holds. Where a life's start is not in it, its states are not known, and its events alone are said. */
export function tellFilm(film: Film, says: Says): void {
  const rerun = new Rerun(film);
  const said = new Map<string, string>();
  const tell = (actor: Actor, { value }: Chart, context: unknown, event: StepFrame['event']) => {
    const snapshot = { status: 'active', value, context } as const;
    const text = JSON.stringify(value);
    const before = said.get(actor.sessionId);
    if (before === undefined) says.actor(actor as never, snapshot);
    else if (actor._parent === undefined || before !== text)
      says.snapshot(actor.sessionId, snapshot, { event });
    said.set(actor.sessionId, text);
  };
  for (const [index, frame] of film.frames.entries()) {
    const taken = isStep(frame) ? rerun.stepAt(index) : null;
    if (taken === null || !isStep(frame)) continue;
    const name = nameOf(taken.life);
    const held = rerun.after(taken.life, index);
    const [stage, ...within] = held === null ? [] : chartsOf(stageOf(frame.stage), held.view);
    if (said.has(name) || stage === undefined) says.event(name, frame.event);
    if (stage === undefined) continue;
    const actor = actorOf(name, stage.machine);
    tell(actor, stage, held?.view, frame.event);
    for (const chart of within)
      tell(actorOf(`${name}: ${chart.title}`, chart.machine, actor), chart, {}, frame.event);
  }
}

/** Plays a film to the bridge at a `ws:` address. @throws KubedirectError `INSPECTOR_UNREACHABLE` */
export async function playToStately(film: Film, address: string): Promise<number> {
  const stately = await (import(PACKAGE) as Promise<typeof import('@statelyai/inspect')>).catch(() => {
    throw new KubedirectError(
      'INSPECTOR_UNREACHABLE',
      `expected the package ${PACKAGE}: npm install ${PACKAGE}`,
    );
  });
  const socket = new WebSocket(address);
  const opened = new Promise<boolean>((resolve) => {
    socket.addEventListener('open', () => resolve(true));
    socket.addEventListener('error', () => resolve(false));
    setTimeout(() => resolve(false), PATIENCE).unref();
  });
  if (!(await opened)) {
    socket.close();
    throw new KubedirectError(
      'INSPECTOR_UNREACHABLE',
      `expected the bridge of Stately's inspector at ${address}: node -e "import('${PACKAGE}/server').then((m) => m.createInspectorServer())" starts one at ws://localhost:8080`,
    );
  }
  let count = 0;
  const send = (event: unknown) => {
    socket.send(JSON.stringify(event));
    count += 1;
  };
  tellFilm(film, stately.createInspector({ send }, { serializationDepthLimit: 20 }));
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
  socket.close();
  await closed;
  return count;
}
