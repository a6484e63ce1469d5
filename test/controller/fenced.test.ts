/** Writes that the fence of leaders denies: the Lease says what that means, and a denial that goes on is an answer. */
import { describe, expect, it } from 'vitest';
import { fenced } from '../../impl/controller/host/fenced.ts';
import { KubernetesError } from '../../impl/controller/kubernetes/errors.ts';
import { FENCE_POLICIES, INCARNATION_ANNOTATION } from '../../impl/controller/names.ts';

const denial = () =>
  new KubernetesError({
    status: 403,
    reason: 'Forbidden',
    message: `pods "a" is forbidden: ValidatingAdmissionPolicy '${FENCE_POLICIES[3]}' with binding '${FENCE_POLICIES[3]}' denied request: superseded`,
  } as never);

/** A life of S of incarnation 7, whose Lease bears another number or that. */
function lifeOf(held: number) {
  const stopped: string[] = [];
  const metadata = { annotations: { [INCARNATION_ANNOTATION]: String(held) } };
  const life = {
    ...{ self: 'scheduler', namespace: 'kubedirect-system', incarnation: 7 },
    signal: new AbortController().signal,
    client: { get: async () => ({ metadata }) },
    stop: (reason: string) => void stopped.push(reason),
  };
  return { life: life as never as Parameters<typeof fenced>[0], stopped };
}
const LAG = { again: 1, within: 20 };

describe('a write that the fence denies', () => {
  it('is tried again while the API server may be late to know the Lease', async () => {
    let asked = 0;
    const write = async () => {
      asked += 1;
      if (asked < 3) throw denial();
      return 'done';
    };
    expect(await fenced(lifeOf(7).life, write, LAG)).toBe('done');
  });

  it('is refused, with the Lease in our hands, when that goes on', async () => {
    const { life, stopped } = lifeOf(7);
    await expect(fenced(life, () => Promise.reject(denial()), LAG)).rejects.toThrow('superseded');
    expect(stopped).toEqual([]);
  });

  it('ends the life whose Lease another holds', async () => {
    const { life, stopped } = lifeOf(8);
    await expect(fenced(life, () => Promise.reject(denial()), LAG)).rejects.toThrow('superseded');
    expect(stopped).toHaveLength(1);
  });
});
