/** Frames in a few words. */
import type { Effect } from '../../spec/effects.ts';
import type { Message } from '../../spec/messages.ts';
import type { StepRecord } from '../../spec/trace.ts';
import { type Frame, isStep } from './film.ts';

const SOME = 3;

/** Up to three names, and how many more. */
function list(names: readonly string[]): string {
  const more = names.length - SOME;
  return `${names.slice(0, SOME).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What a field of a message or an event holds, if it says whom it is about. */
function part(name: string, value: unknown): string | null {
  if (Array.isArray(value)) {
    if (value.length === 0) return null;
    const names = value.map((one: unknown) => {
      if (typeof one === 'string') return one;
      const { uid, replicaSet, deployment, name: named } = one as Record<string, unknown>;
      return String(named ?? uid ?? replicaSet ?? deployment ?? '…');
    });
    return `${value.length === 1 ? '' : `${value.length} `}${name} ${list(names)}`;
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return `${name} ${value}`;
  if (typeof value !== 'object' || value === null) return null;
  const { name: named, uid, phase, owner, replicas } = value as Record<string, unknown>;
  const about = [
    uid ?? named,
    phase,
    owner,
    replicas === undefined ? undefined : `${replicas} replicas`,
  ].filter((one) => one !== undefined);
  return about.length === 0 ? null : `${name} ${about.join(' ')}`;
}

function parts(fields: object, without: readonly string[]): string {
  return Object.entries(fields)
    .filter(([name]) => !without.includes(name))
    .map(([name, value]) => part(name, value))
    .filter((text) => text !== null)
    .join(', ');
}

const messageText = (message: Message) => `${message.kind} ${parts(message, ['kind', 'session'])}`.trimEnd();

/** What a stage heard. */
export function heard(event: StepRecord['event']): string {
  if (event.type === 'received') return messageText(event.message);
  if (event.type === 'started') return 'started';
  return `${event.type} ${parts(event, ['type', 'token'])}`.trimEnd();
}

/** One effect. */
export const asked = (effect: Effect): string =>
  effect.type === 'send'
    ? `send ${messageText(effect.message)}`
    : `${effect.type} ${parts(effect, ['type'])}`.trimEnd();

/** What a step asked for: kinds, and how many of each. */
export function effectsText(effects: readonly Effect[]): string {
  const counts = new Map<string, number>();
  for (const effect of effects) {
    const name = effect.type === 'send' ? effect.message.kind : effect.type;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)).join(', ');
}

/** What the world did. */
function worldText(world: object): string {
  const { act, fault, ...rest } = world as { readonly act?: string; readonly fault?: string };
  return `${fault ?? act ?? ''} ${parts(rest, ['at'])}`.trim();
}

/** A frame in a line. */
export function captionOf(frame: Frame): string {
  if (!isStep(frame)) return worldText(frame.world);
  const effects = effectsText(frame.effects);
  const end =
    frame.crashedAfter === undefined ? '' : ` ✕ ends after ${frame.crashedAfter} of ${frame.effects.length}`;
  return `${heard(frame.event)}${effects === '' ? '' : ` → ${effects}`}${end}`;
}

/** Whether a frame of the world is something that went wrong. */
export const isFault = (frame: Frame): boolean =>
  isStep(frame) ? frame.crashedAfter !== undefined : 'fault' in frame.world;
