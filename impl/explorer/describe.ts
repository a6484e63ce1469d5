/** A run told to people: each move in a line, and what it changed in the world. */
import type { NodeView, StageView, WorldView } from '../../spec/properties/index.ts';
import type { Move } from './moves.ts';
import type { Edge } from './system.ts';

/** What a move is, in a few words. */
export function describeMove({ move, steps }: Edge): string {
  const crash =
    'crashAfter' in move && move.crashAfter !== undefined ? `, crash after ${move.crashAfter} effects` : '';
  const heard = steps.length === 1 ? steps[0]?.event : undefined;
  const what =
    heard?.type === 'received'
      ? `${steps[0]?.process} receives ${heard.message.kind}${sessionText(heard.message.session)}`
      : heard != null
        ? `${steps[0]?.process} hears ${heard.type}${heard.type === 'timerFired' ? ` ${heard.timer}` : ''}`
        : environmentText(move);
  return what + crash;
}

function sessionText({
  upstream,
  downstream,
  n,
}: {
  upstream: number;
  downstream: number;
  n: number;
}): string {
  return ` (${upstream}, ${downstream}, ${n})`;
}

function environmentText(move: Move): string {
  const { kind, ...rest } = move;
  return `${kind} ${Object.values(rest).flat().join(' ')}`.trim();
}

const podText = (phase: string | undefined, ready?: boolean) =>
  phase === undefined ? 'none' : `${phase}${ready ? '+ready' : ''}`;

function* stageChanges(before: StageView | undefined, after: StageView): Generator<string> {
  if (before === undefined) yield `${after.process} starts with incarnation ${after.incarnation}`;
  const uids = new Set([...(before?.records.keys() ?? []), ...after.records.keys()]);
  for (const uid of uids) {
    const was = before?.records.get(uid);
    const is = after.records.get(uid);
    const [from, to] = [podText(was?.phase, was?.ready), podText(is?.phase, is?.ready)];
    if (from !== to || was?.node !== is?.node)
      yield `${after.process}: ${uid} ${from} → ${to}${is?.node == null ? '' : ` on ${is.node}`}`;
  }
  for (const [at, end] of after.links.entries()) {
    const was = before?.links[at]?.state ?? 'closed';
    if (was !== end.state) yield `${after.process}: link to ${end.peer} ${was} → ${end.state}`;
  }
}

function* nodeChanges(before: NodeView | undefined, after: NodeView): Generator<string> {
  for (const uid of after.running.keys())
    if (!before?.running.has(uid)) yield `${after.name}: containers of ${uid}`;
  for (const uid of before?.running.keys() ?? [])
    if (!after.running.has(uid)) yield `${after.name}: containers of ${uid} are gone`;
  const mark = (fence: NodeView['mark']) => (fence === null ? 'none' : `(${fence.incarnation}, ${fence.n})`);
  if (mark(before?.mark ?? null) !== mark(after.mark)) yield `${after.name}: mark ${mark(after.mark)}`;
  if (mark(before?.drained ?? null) !== mark(after.drained))
    yield `${after.name}: drained ${mark(after.drained)}`;
}

/** What changed between two worlds. */
export function changes(before: WorldView, after: WorldView): readonly string[] {
  const lines: string[] = [];
  for (const stage of after.stages)
    lines.push(
      ...stageChanges(
        before.stages.find(({ process }) => process === stage.process),
        stage,
      ),
    );
  for (const { process } of before.stages)
    if (!after.stages.some((stage) => stage.process === process)) lines.push(`${process} is no more`);
  for (const node of after.nodes)
    lines.push(
      ...nodeChanges(
        before.nodes.find(({ name }) => name === node.name),
        node,
      ),
    );
  for (const pod of after.objects) {
    const was = before.objects.find(({ metadataUid }) => metadataUid === pod.metadataUid);
    const text = `${pod.phase}${pod.deleting ? ', deleting' : ''}`;
    if (was === undefined || was.phase !== pod.phase || was.deleting !== pod.deleting)
      lines.push(`object ${pod.name}: ${text}`);
  }
  for (const pod of before.objects)
    if (!after.objects.some(({ metadataUid }) => metadataUid === pod.metadataUid))
      lines.push(`object ${pod.name} is gone`);
  for (const [deployment, value] of Object.entries(after.replicas))
    if (before.replicas[deployment] !== value) lines.push(`Deployment ${deployment}: replicas ${value}`);
  return lines;
}
