/** What becomes of the Pods of a template, by what the API Server answers to its dry run. */
import { describe, expect, it } from 'vitest';
import { Admission } from '../../impl/cri/admission.ts';

describe('admission, asked before the first Pod of a template is started', () => {
  const object = (image: string) => ({
    metadata: { labels: { app: 'a' }, annotations: {} },
    spec: { containers: [{ name: 'main', image }] },
  });
  /** What the API Server says to each dry run, in turn. */
  function asked(answers: readonly (() => Promise<object>)[]) {
    const sent: object[] = [];
    const done: string[] = [];
    const dryRun = (pod: object) => {
      sent.push(pod);
      return answers[sent.length - 1]?.() ?? Promise.resolve(pod);
    };
    const admission = new Admission({ dryRun, log: () => {} });
    const want = (uid: string) =>
      admission.want(uid, {
        ...{ replicaSet: 'rs', object: object('i') },
        start: () => done.push(`start ${uid}`),
        publishFirst: () => done.push(`publish ${uid}`),
      });
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    return { admission, want, sent, done, settled };
  }

  it('as it went: one dry run for all of its Pods', async () => {
    const { want, sent, done, settled } = asked([]);
    want('r1');
    want('r2');
    expect(done).toEqual([]);
    await settled();
    want('r3');
    expect(done).toEqual(['start r1', 'start r2', 'start r3']);
    expect(sent).toHaveLength(1);
  });

  it('changed: published first, and not asked about again', async () => {
    const { want, sent, done, settled } = asked([async () => object('by-digest')]);
    want('r1');
    await settled();
    want('r2');
    expect([done, sent.length]).toEqual([['publish r1', 'publish r2'], 1]);
  });

  it.each([403, 0])(
    'refused, or not answered (%s): published first, and the next one is asked about',
    async (status) => {
      const fails = () => Promise.reject(Object.assign(new Error('no'), { status }));
      const { want, sent, done, settled } = asked([fails]);
      want('r1');
      await settled();
      want('r2');
      await settled();
      expect([done, sent.length]).toEqual([['publish r1', 'start r2'], 2]);
    },
  );

  it('a Pod refused later: asked again; one that is given up is neither started nor published', async () => {
    const { admission, want, sent, done, settled } = asked([]);
    want('r1');
    await settled();
    admission.refused('rs');
    admission.refused('another');
    want('r2');
    want('r3');
    admission.giveUp('r2');
    await settled();
    expect([done, sent.length]).toEqual([['start r1', 'start r3'], 2]);
  });
});
