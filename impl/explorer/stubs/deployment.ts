/**
 * A stub in D's place: it tells R each Deployment's replicas as an external want, in direct mode for the ReplicaSet of
 * its template, and listens to nothing. What it leaves out (counts, write-back, A) is constant.
 */

import {
  isUpstreamOpen,
  type LinkOutput,
  startUpstreamSide,
  stepUpstreamSide,
  type UpstreamSide,
  upstreamSession,
  viewOfUpstreamSide,
} from '../../../machines/ownership/link/index.ts';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { DeploymentFact, ReplicaSetFact } from '../../../spec/facts.ts';
import type { Stage, Step } from '../../../spec/stage.ts';
import type { SessionId, Want } from '../../../spec/vocabulary.ts';
import type { Observation, StageUnderTest } from '../world.ts';

interface StubState {
  readonly side: UpstreamSide;
  readonly deployments: Readonly<Record<string, DeploymentFact>>;
  readonly replicaSets: Readonly<Record<string, ReplicaSetFact>>;
}

function wantsOf(state: StubState): readonly Want[] {
  return Object.values(state.deployments).map((deployment) => {
    const matching = Object.values(state.replicaSets).find((one) => one.template === deployment.template);
    return {
      deployment: deployment.uid,
      version: { generation: deployment.generation, incarnation: 0, counter: 0 },
      value: deployment.replicas,
      replicaSet: matching?.uid ?? null,
      revision: matching?.revision ?? '',
      mode: matching === undefined ? 'follow' : 'direct',
      confirmed: true,
    };
  });
}

function send(state: StubState, make: (session: SessionId) => Effect): readonly Effect[] {
  const session = upstreamSession(state.side);
  return session === null ? [] : [make(session)];
}

const scale = (state: StubState) =>
  Object.keys(state.deployments).length === 0
    ? []
    : send(state, (session) => ({
        type: 'send',
        link: 'downstream',
        message: { kind: 'Scale', session, wants: wantsOf(state) },
      }));

function effectsOf(state: StubState, output: LinkOutput): readonly Effect[] {
  switch (output.type) {
    case 'effect':
      return [output.effect];
    case 'greet': {
      const { session } = output;
      const hello = { kind: 'Hello', session, role: 'deployment', peer: 'replicaset', wants: [] } as const;
      return [{ type: 'send', link: 'downstream', message: hello }];
    }
    case 'offered': {
      const { session } = output.offer;
      const fetch = { kind: 'Fetch', session, uids: [], tombstones: [] } as const;
      return [{ type: 'send', link: 'downstream', message: fetch }];
    }
    case 'stateArrived':
      return scale(state);
    default:
      return [];
  }
}

function start(incarnation: number, mutants: ReadonlySet<string>): Step<StubState> {
  const [side, outputs] = startUpstreamSide({
    self: 'deployment',
    peer: 'replicaset',
    link: 'downstream',
    incarnation,
    mutants,
  });
  const state = { side, deployments: {}, replicaSets: {} };
  return [state, outputs.flatMap((output) => effectsOf(state, output))];
}

function step(state: StubState, event: StageEvent): Step<StubState> {
  if (event.type === 'deploymentObserved') {
    const { deployment } = event;
    const next = { ...state, deployments: { ...state.deployments, [deployment.uid]: deployment } };
    return [next, isUpstreamOpen(next.side) ? scale(next) : []];
  }
  if (event.type === 'replicaSetObserved') {
    const { replicaSet } = event;
    return [{ ...state, replicaSets: { ...state.replicaSets, [replicaSet.uid]: replicaSet } }, []];
  }
  if (
    event.type !== 'connected' &&
    event.type !== 'broken' &&
    event.type !== 'received' &&
    event.type !== 'leaseRead'
  )
    return [state, []];
  const [side, outputs] = stepUpstreamSide(state.side, event);
  if (side === state.side && outputs.length === 0) return [state, []];
  const next = { ...state, side };
  return [next, outputs.flatMap((output) => effectsOf(next, output))];
}

const stage: Stage<StubState> = {
  name: 'deployment',
  start: ({ incarnation, mutants }) => start(incarnation, mutants ?? new Set()),
  step,
};

/** The stub, with what the explorer needs. */
export const stubDeployment: StageUnderTest = {
  stage,
  view: (state: StubState) => ({
    side: viewOfUpstreamSide(state.side),
    wants: wantsOf(state),
  }),
  observe: (state: StubState): Observation => ({
    records: [],
    wants: wantsOf(state),
    preemptions: new Map(),
    links: [
      {
        peer: 'replicaset',
        side: 'up',
        state: isUpstreamOpen(state.side) ? 'open' : 'closed',
        session: upstreamSession(state.side),
        fence: null,
      },
    ],
  }),
};
