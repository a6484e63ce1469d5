/** K's state as plain JSON, canonical: equal text means equal state. For checkers, traces and people. */
import type { JournalState } from '../../spec/journal.ts';
import { viewOfDownstreamSide } from '../ownership/link/index.ts';
import type { KubeletContext } from './context.ts';

const byKey = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const sorted = (keys: Iterable<string>): string[] => [...keys].sort(byKey);
const rows = <T>(map: Iterable<readonly [string, T]>): T[] =>
  [...map].sort((a, b) => byKey(a[0], b[0])).map(([, value]) => value);

const viewOfJournal = (journal: JournalState | null) =>
  journal === null
    ? null
    : {
        ...journal,
        pods: rows(journal.pods),
        ended: sorted(journal.ended),
        released: sorted(journal.released),
      };

/** The data of K, without what belongs to one step. */
export function viewOfContext(context: KubeletContext) {
  const { accepted, drained, draining, nodeUid, registered, capacity, waiting, reads, nodeRead } = context;
  const { counter, used, owner, switchVersion, acknowledged, lists, queued, runtime, incarnation } = context;
  return {
    node: context.node,
    incarnation,
    runtime,
    link: viewOfDownstreamSide(context.side),
    journal: viewOfJournal(context.journal),
    running: context.running === null ? null : sorted(context.running),
    serving: context.serving,
    shown: context.shown,
    ...{ accepted, drained, draining, nodeUid, registered, capacity, waiting, reads, nodeRead, counter },
    records: rows(context.pods.map(({ record }) => record)),
    pods: rows(
      context.pods.map(
        ({ record: { uid }, object, containers, metadataUid, name, containerUid, ...rest }) => ({
          ...{ uid, object, containers, metadataUid, name, containerUid },
          ...{ wroteReady: rest.wroteReady, ending: rest.ending },
        }),
      ),
    ),
    journalledNode: context.journalledNode,
    foreign: rows(context.foreign),
    orphans: sorted(context.orphans.keys()),
    killing: sorted(context.killing),
    doubt: context.doubt,
    doubted: sorted(context.doubted),
    ended: sorted([...context.ended.young, ...context.ended.old]),
    released: sorted(context.released),
    ...{ used, owner, switchVersion, acknowledged },
    early: context.early.toArray(),
    lists,
    ...(context.listAgain && { listAgain: true }),
    listedFrom:
      context.listedFrom === null
        ? null
        : {
            held: sorted(context.listedFrom.held.keys()),
            foreign: sorted(context.listedFrom.foreign.keys()),
          },
    heardSince: sorted(context.heardSince),
    queued,
  };
}
