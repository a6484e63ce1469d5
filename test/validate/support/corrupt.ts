/** Ways to corrupt one line of a track: a field, the line missing, the line and the next in each other's place. */
import { tlaSyntax } from '../../../impl/tlc/syntax.ts';
import type { Track, TrackLine } from '../../../impl/validate/ends.ts';

interface WireValue {
  readonly sent: boolean;
  readonly to: string;
  readonly message: unknown;
}
type Fields = Readonly<Record<string, unknown>>;

const isWire = (value: object): value is WireValue => 'to' in value;
/** Lines of tracks of an agent or of the owner switch. */
const isOfTheSwitch = (fields: Fields) => 'agent' in fields || 'assigns' in fields || 'phase' in fields;
const otherSession = (message: unknown) => ({
  tla: () => `[${tlaSyntax(message)} EXCEPT !.session[3] = @ + 1]`,
});

/** Another outcome, where something has one. */
const OTHERWISE: Readonly<Record<string, string>> = {
  seenLive: 'seenDeleting',
  seenDeleting: 'seenLive',
  seenFailed: 'seenLive',
  accepted: 'notFound',
  notFound: 'switch',
  conflict: '',
  ambiguous: 'conflict',
  '': 'conflict',
};

/** An object of the Pod that nobody showed. */
const STRANGE = {
  meta: '?',
  stamped: true,
  seen: 'seenDeleting',
  orphan: false,
  running: false,
  ready: false,
};

function alteredFact(fact: Fields): Fields {
  return { ...fact, seen: OTHERWISE[fact.seen as string], meta: `${fact.meta}x`, stamped: false };
}

const first = (items: unknown, change: (item: Fields) => Fields): readonly unknown[] =>
  (items as readonly Fields[]).map((item, i) => (i === 0 ? change(item) : item));

/** What K hears of its Node, and what R, D and S hear of the switch and of lists. */
const OF_THE_NODE: Readonly<Record<string, (event: Fields) => Fields>> = {
  registered: (event) => ({ ...event, fact: anotherNode(event.fact as Fields) }),
  shown: (event) => ({ ...event, fact: anotherNode(event.fact as Fields) }),
  nodeRead: (event) => ({ ...event, fact: first(event.fact, anotherNode) }),
  goes: (event) => ({ ...event, uid: `${event.uid}x` }),
  minimum: (event) => ({ ...event, read: (event.read as number) + 1 }),
  switch: (event) => ({ ...event, owner: event.owner === 'stock' ? 'direct' : 'stock' }),
  nodes: (event) => ({ ...event, agents: (event.agents as readonly object[]).slice(1) }),
  pods: (event) => ({ ...event, facts: [...(event.facts as readonly object[]), UNHEARD_OF] }),
};
const anotherNode = (fact: Fields): Fields => ({ ...fact, uid: `${fact.uid}x` });

/** A Pod that is on no node, and that R knows nothing of. */
const UNHEARD_OF = { meta: '?', stamp: '', node: '', set: '?', rv: '1', stands: true };

function alteredEvent(event: Fields): Fields {
  const ofTheNode = OF_THE_NODE[event.kind as string];
  if (ofTheNode !== undefined) return ofTheNode(event);
  if (typeof event.n === 'number') return { ...event, n: event.n + 1 };
  if ('lease' in event) return { ...event, lease: { tla: () => `${tlaSyntax(event.lease)} + 1` } };
  if ('fact' in event && !('set' in event)) return { ...event, fact: alteredFact(event.fact as Fields) };
  if ('facts' in event) {
    const facts = event.facts as readonly Fields[];
    return { ...event, facts: facts.length === 0 ? [STRANGE] : first(facts, alteredFact) };
  }
  if ('outcome' in event) return { ...event, outcome: OTHERWISE[event.outcome as string] ?? 'accepted' };
  if ('refusal' in event) return { ...event, refusal: OTHERWISE[event.refusal as string] ?? 'ambiguous' };
  if ('object' in event) {
    const object = event.object as Fields;
    return { ...event, object: { ...object, replicas: (object.replicas as number) + 1, written: [] } };
  }
  if ('wants' in event) {
    const more = (want: Fields) => ({ ...want, value: (want.value as number) + 1 });
    return { ...event, wants: first(event.wants, more) };
  }
  if ('set' in event && 'fact' in event)
    return { ...event, fact: { ...(event.fact as Fields), replicas: 99 } };
  if ('want' in event) return { ...event, want: { ...(event.want as Fields), value: 99 } };
  if (typeof event.value === 'number') return { ...event, value: event.value + 1 };
  if ('message' in event) return { ...event, message: otherSession(event.message) };
  return { kind: 'other' };
}

/** Of a cancellation: it was told nothing, or where it was not, it did something. */
const unheard = (hears: readonly Fields[]): Fields =>
  hears.length > 0 ? { hears: hears.slice(1) } : { acts: [{ do: 'hangUp', detail: [] }] };

/** A line with what it was told changed; where nothing was told, with what came of it changed. */
function altered(value: object): object {
  if (isWire(value)) return { ...value, message: otherSession(value.message) };
  const fields = value as Fields;
  const event = fields.event as Fields;
  if ('hears' in fields) return { ...fields, ...unheard(fields.hears as readonly Fields[]) };
  if (event.kind !== 'other') return { ...fields, event: alteredEvent(event) };
  if (isOfTheSwitch(fields)) return { ...fields, acts: [{ do: 'register', detail: [] }] };
  if ('pod' in fields) return { ...fields, entries: [{ kind: 'ended', meta: [] }] };
  if ('writes' in fields && (fields.sent as readonly Fields[]).length > 0) {
    const otherMode = (want: Fields) => ({ ...want, mode: want.mode === 'direct' ? 'follow' : 'direct' });
    return { ...fields, sent: first(fields.sent, otherMode) };
  }
  if ('stands' in fields) return { ...fields, minted: { tla: () => '[s1 |-> 99]' } };
  if ('sets' in fields) return { ...fields, want: [] };
  return fields;
}

/** The track, corrupted in each way at one of its lines; on a wire, swapped with the next that passes it likewise. */
export function corruptionsOf({ lines, ...track }: Track, at: number): Readonly<Record<string, Track>> {
  const { place, value } = lines[at] as TrackLine;
  const next = lines.findIndex(
    ({ value: one }, i) =>
      i > at && (!isWire(value) || (isWire(one) && one.sent === value.sent && one.to === value.to)),
  );
  const after = lines[next];
  return {
    field: { ...track, lines: lines.with(at, { place, value: altered(value) }) },
    missing: { ...track, lines: lines.toSpliced(at, 1) },
    ...(after !== undefined && {
      swapped: { ...track, lines: lines.with(at, after).with(next, lines[at] as TrackLine) },
    }),
  };
}
