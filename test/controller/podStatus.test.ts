/** K's writes of a Pod's status: in order, whatever the API Server answers first, and only the newest of those that wait. */
import { describe, expect, it } from 'vitest';
import { failPod, writePodStatus } from '../../impl/controller/host/podEffects.ts';
import type { Life } from '../../impl/controller/host/runner.ts';
import { KubernetesError } from '../../impl/controller/kubernetes/errors.ts';

const POD = { uid: 'r1-a', metadataUid: 'm', name: { namespace: 'default', name: 'web-1-r1-a' } };
interface Status {
  readonly phase: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** An API Server that answers when it is told to; what was written, as `Running True`. */
function world() {
  const written: string[] = [];
  const waiting: ((error?: KubernetesError) => void)[] = [];
  const client = {
    patchPodStatus: (_namespace: string, _name: string, { status }: { status: Status }) =>
      new Promise<void>((resolve, reject) => {
        waiting.push((error) => {
          if (error !== undefined) return reject(error);
          const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
          written.push([status.phase, ready].join(' ').trim());
          resolve();
        });
      }),
  };
  const signal = new AbortController().signal;
  const life = { client, signal, log: () => {}, fail: expect.fail } as unknown as Life;
  const answer = async (error?: KubernetesError) => {
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    waiting.shift()?.(error);
    await new Promise((next) => setImmediate(next));
  };
  return { life, written, waiting, answer };
}
const status = (code: number) =>
  new KubernetesError({ status: code, reason: '', message: '', ambiguous: false });

describe('statuses of one Pod', () => {
  it('are written one after the other: a write that is tried again does not come after a newer one', async () => {
    const { life, written, answer } = world();
    writePodStatus(life, { type: 'writePodStatus', ...POD, ready: true });
    failPod(life, { type: 'failPod', ...POD, reason: 'Ended' });
    await answer(status(500));
    await answer();
    expect(written).toEqual(['Failed']);
  });

  it('that come while one is under way are written after it, the newest only', async () => {
    const { life, written, waiting, answer } = world();
    for (const ready of [true, false, true, false])
      writePodStatus(life, { type: 'writePodStatus', ...POD, ready });
    expect(waiting).toHaveLength(1);
    await answer();
    await answer();
    expect(written).toEqual(['Running True', 'Running False']);
    expect(waiting).toHaveLength(0);
  });

  it('go on after one that was refused for good', async () => {
    const { life, written, answer } = world();
    writePodStatus(life, { type: 'writePodStatus', ...POD, ready: true });
    writePodStatus(life, { type: 'writePodStatus', ...POD, ready: false });
    await answer(status(422));
    await answer();
    expect(written).toEqual(['Running False']);
  });
});
