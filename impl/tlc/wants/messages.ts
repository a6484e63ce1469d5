/** Messages and wants of a world of versions, as `WantEnds.tla` writes them. */
import type { Message, Offer } from '../../../spec/messages.ts';
import type { Want } from '../../../spec/vocabulary.ts';
import { versionOf } from '../field/objects.ts';
import { fenceOf, sessionOf } from '../link/messages.ts';

/** A want as it is told: what D stamps without a ReplicaSet is not obeyed directly. */
export const toldOf = ({ version, value, replicaSet, mode, confirmed }: Want) => ({
  version: versionOf(version),
  value,
  own: replicaSet === null && mode === 'direct',
  mode,
  confirmed,
});
const heldOf = (wants: Offer['wants']) => wants.map(({ version }) => versionOf(version));

/** An `Offer` as A keeps it. */
export const offerOf = ({ session, wants }: Offer) => ({
  session: sessionOf(session),
  versions: heldOf(wants),
});

const bodies: { readonly [K in Message['kind']]?: (message: Extract<Message, { kind: K }>) => object } = {
  Hello: ({ wants }) => ({ versions: heldOf(wants) }),
  Rejected: ({ fence, reason }) => ({ fence: fenceOf(fence), reason }),
  Offer: ({ wants }) => ({ versions: heldOf(wants) }),
  Fetch: () => ({}),
  State: ({ wants }) => ({ wants: wants.map(toldOf) }),
  Scale: ({ wants }) => ({ wants: wants.map(toldOf) }),
  Scaled: ({ wants }) => ({ versions: heldOf(wants) }),
  Invalidate: ({ wants }) => ({ wants: wants.map(toldOf) }),
  Invalidated: () => ({}),
  Gone: () => ({}),
  GoneAcknowledged: ({ deployments }) => ({ times: deployments.length }),
};

/** A message; what is constant in a world of versions is left out. */
export function messageOf(message: Message): object {
  const body = bodies[message.kind] as ((message: Message) => object) | undefined;
  if (body === undefined) throw new Error(`${message.kind} does not flow in a world of versions`);
  return { kind: message.kind, session: sessionOf(message.session), ...body(message) };
}
