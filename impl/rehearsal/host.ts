/**
 * What of a process a rehearsal plays on besides the machines: a link over a socket, a journal and a trace, the same code as in earnest,
 * in a folder of its own that is removed again.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { StepRecord } from '../../spec/trace.ts';
import { type PeerName, stageOf } from '../../spec/vocabulary.ts';
import { Gather } from '../controller/host/gather.ts';
import { GroupCommit } from '../controller/host/groupCommit.ts';
import { openJournal } from '../controller/host/journal.ts';
import { dial, type LinkConnection, type LinkEvents, serve } from '../controller/links/index.ts';
import { recordTo } from '../controller/process/trace.ts';

/** Where the steps of a play are carried out. */
export interface PlayedHost {
  /** Records a step, makes its journal entries durable, and sends what S and K have for each other. */
  carryOut(step: StepRecord): void;
  /** Messages that have come over the link so far. */
  readonly arrived: number;
  close(): Promise<void>;
}

/** Both ends of a link between S and K, over a socket in `folder`. Resolves when it is open. */
async function openLink(folder: string, tail: PeerName, arrived: () => void) {
  const address = `unix:${path.join(folder, 'link')}`;
  let served: LinkConnection | null = null;
  const events: LinkEvents = { opened: () => {}, message: arrived, broken: () => {} };
  const server = await serve({ address, role: tail }, (_peer, connection) => {
    served = connection;
    return events;
  });
  const dialled = await new Promise<LinkConnection>((resolve, reject) => {
    const connection = dial(
      { address, role: 'scheduler', peer: tail },
      { ...events, opened: () => resolve(connection), broken: (reason) => reject(new Error(reason)) },
    );
  });
  const down = new Gather((message) => dialled.send(message));
  const up = new Gather((message) => served?.send(message));
  return {
    down,
    up,
    async close() {
      down.end();
      up.end();
      dialled.close('the rehearsal is over');
      await server.close();
    },
  };
}

/**
 * @param within - where its folder is made
 * @param tail - the K whose link is played; the other nodes' messages are not sent
 * @param records - whether the process records its steps
 * @throws if the folder can not be made, or no socket in it
 */
export async function openPlayedHost(within: string, tail: PeerName, records: boolean): Promise<PlayedHost> {
  const folder = fs.mkdtempSync(path.join(within, 'kubedirect-rehearsal-'));
  let arrived = 0;
  const link = await openLink(folder, tail, () => {
    arrived += 1;
  });
  const recorder = records ? recordTo(path.join(folder, 'traces')) : null;
  const journal = openJournal(path.join(folder, 'journal'));
  // What can not be written here is no fault of the process: it plays on without.
  const commits = new GroupCommit(journal, () => {});
  return {
    carryOut(step) {
      recorder?.record(step);
      const isTail = stageOf(step.stage) === 'kubelet';
      for (const effect of step.effects) {
        if (effect.type === 'journal') commits.journal(effect.entries);
        if (effect.type !== 'send') continue;
        if (isTail && step.stage === tail) link.up.send(effect.message);
        else if (effect.link === `node/${tail.slice('kubelet/'.length)}`) link.down.send(effect.message);
      }
    },
    get arrived() {
      return arrived;
    },
    async close() {
      commits.drop();
      recorder?.close();
      journal.close();
      // At once: a process that ends does not wait for the link to be closed.
      fs.rmSync(folder, { recursive: true, force: true });
      await link.close();
    },
  };
}
