/**
 * One stage of the control-path figure as a process: the machine, its links over gRPC, its journal and its runtime, the same code as in
 * `kubedirect run` and `agent`; only the API Server is not there (`answers.ts`). Ends with its parent's channel.
 */
import path from 'node:path';
import type { Effect } from '../../../spec/effects.ts';
import type { StageEvent } from '../../../spec/events.ts';
import type { PeerName } from '../../../spec/vocabulary.ts';
import { GroupCommit } from '../../controller/host/groupCommit.ts';
import { openJournal } from '../../controller/host/journal.ts';
import { LinkPort, serveStage } from '../../controller/host/linkPort.ts';
import { SimulatedRuntime } from '../../controller/host/runtime.ts';
import { StageHost } from '../../controller/host/stageHost.ts';
import { STAGES } from '../../controller/host/stages.ts';
import { Timers } from '../../controller/host/timers.ts';
import { Answers, DEPLOYMENT, observedBy } from './answers.ts';
import type { Order, Said, Told } from './order.ts';

const order = JSON.parse(process.argv[2] as string) as Order;
const say = (said: Said) => void process.send?.(said);
/** ns, of the clock that all processes of the machine share; exact to 128 ns at an uptime of some days. */
const now = () => Number(process.hrtime.bigint());
const fail = (error: unknown) => {
  say({ type: 'failed', why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.disconnect?.();
};

/** What is seen of the steps. */
const seen = { minted: 0, running: 0, expected: 0, first: 0 };

function notice(event: StageEvent, effects: readonly Effect[]): void {
  if (order.stage === 'replicaset') {
    if (effects.some((effect) => effect.type === 'send' && effect.message.kind === 'Assign')) {
      const at = now();
      setImmediate(() => say({ type: 'minted', at }));
    }
  } else if (event.type === 'podStarted') {
    if (seen.running === 0) seen.first = now();
    seen.running += 1;
    if (seen.running < seen.expected) return;
    const [count, first, last] = [seen.running, seen.first, now()];
    seen.running = 0;
    setImmediate(() => say({ type: 'running', count, first, last }));
  }
}

interface Running {
  readonly port: LinkPort;
  give(event: StageEvent): void;
  begin(): void;
}

function run(self: PeerName, addresses: Readonly<Record<string, string>>): Running {
  const { tls, incarnations, folder } = order;
  const node = self.startsWith('kubelet/') ? self.slice('kubelet/'.length) : null;
  const incarnation = incarnations[self] as number;
  const journal = node === null ? null : openJournal(path.join(folder, `${node}.journal`));
  const commits = new GroupCommit(journal, fail);
  const runtime = node === null ? null : new SimulatedRuntime(0);
  const answers = new Answers(order);
  const give = (event: StageEvent) => host.give(event);
  const timers = new Timers((timer) => give({ type: 'timerFired', timer }));
  const port = new LinkPort(
    {
      ...{ self, tls: tls?.[self], give, log: () => {} },
      resolve: (peer) => Promise.resolve(addresses[peer] ?? null),
    },
    incarnation,
  );
  const begin = (effect: Effect): void => {
    const answer = answers.to(effect, self);
    if (answer !== undefined) {
      if (answer !== null) setImmediate(give, answer);
      return;
    }
    switch (effect.type) {
      case 'connect':
        return port.connect(effect.link, effect.peer, effect.n);
      case 'disconnect':
        return port.disconnect(effect.link, effect.session, effect.reason);
      case 'send':
        return port.send(effect.link, effect.message);
      case 'setTimer':
        return timers.set(effect.timer, effect.milliseconds);
      case 'cancelTimer':
        return timers.cancel(effect.timer);
      case 'startPod':
        return runtime?.start(effect.record);
      case 'stopPod':
        return runtime?.stop(effect.uid);
    }
  };
  const host = new StageHost({
    stage: STAGES[order.stage],
    name: self,
    config: {
      incarnation,
      ...(journal !== null && node !== null && { node, journal: journal.initial, runtime: 'runs' as const }),
    },
    run(effect) {
      if (effect.type === 'journal') commits.journal(effect.entries);
      else if (commits.waiting) commits.after(() => begin(effect));
      else begin(effect);
    },
    record: ({ event, effects }) => {
      if (event.type !== 'started') notice(event, effects);
    },
    fail,
  });
  runtime?.attach(give);
  return {
    port,
    give,
    begin() {
      host.start();
      for (const event of observedBy(order)) give(event);
    },
  };
}

const selves: readonly PeerName[] =
  order.stage === 'kubelet' ? order.nodes.map((node) => `kubelet/${node}` as const) : [order.stage];
const running = new Map<PeerName, Running>();
const served = await Promise.all(
  selves.map(async (self) => {
    const server = await serveStage({
      ...{ self, address: '127.0.0.1:0', tls: order.tls?.[self] },
      current: () => running.get(self)?.port ?? null,
      onRefused: fail,
    });
    return [self, server.address] as const;
  }),
);

process.on('message', (told: Told) => {
  switch (told.type) {
    case 'begin':
      for (const self of selves) running.set(self, run(self, told.addresses));
      for (const each of running.values()) each.begin();
      return;
    case 'scale': {
      const at = now();
      running
        .get('autoscaler')
        ?.give({ type: 'scaleRequested', deployment: DEPLOYMENT, replicas: told.replicas });
      return say({ type: 'asked', at });
    }
    case 'expect':
      seen.expected = told.running;
      return;
    case 'cost': {
      const { user, system } = process.cpuUsage();
      const traffic = [...running.values()].flatMap(({ port }) => [...port.traffic()]);
      const cost = {
        ...{ stage: order.stage, cpu: user + system, heap: process.memoryUsage().heapUsed },
        traffic: Object.fromEntries(traffic),
      };
      return say({ type: 'cost', cost });
    }
  }
});
process.on('disconnect', () => process.exit());
say({ type: 'listening', addresses: Object.fromEntries(served) });
