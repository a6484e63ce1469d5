/** Traces are read or refused by name; those of worlds under faults are accepted, those of a broken rule are not. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { recordTo } from '../../impl/controller/process/trace.ts';
import type { Plan } from '../../impl/simulator/plan.ts';
import { everythingOnce, pointsOf } from '../../impl/simulator/points.ts';
import { readReplay } from '../../impl/simulator/replayFile.ts';
import { parseTrace } from '../../impl/trace/parse.ts';
import { readTrace } from '../../impl/trace/read.ts';
import { validateTraces } from '../../impl/validate/validate.ts';
import { configOf, recordedConfig, TRACE_VERSION } from '../../spec/trace.ts';
import { codeOf } from '../support/codeOf.ts';
import { TOOLCHAIN } from '../tlc/support/toolchain.ts';
import { recorded, traceOfPlan } from './support/recorded.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-traces-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const HEADER = '{"kubedirect":"trace","version":1}';
const STEP = '{"at":1,"stage":"autoscaler","incarnation":1,"step":1,"event":{"type":"synced"},"effects":[]}';

describe('a trace', () => {
  it.each([
    ['without a header', STEP],
    ['of another program', '{"kind":"Pod"}\n'],
    ['that is empty', ''],
    ['with a line that is none', `${HEADER}\n{"at":1}\n`],
    ['cut off within', `${HEADER}\n${STEP.slice(0, 40)}\n${STEP}\n`],
    ['with an effect that is none', `${HEADER}\n${STEP.replace('[]', '[1]')}\n`],
  ])('%s is refused as TRACE_INVALID', (_, text) => {
    expect(codeOf(() => parseTrace(text, 'file'))).toBe('TRACE_INVALID');
  });

  it('of another version is refused as TRACE_VERSION', () => {
    const text = `{"kubedirect":"trace","version":${TRACE_VERSION + 1}}\n`;
    expect(codeOf(() => parseTrace(text, 'file'))).toBe('TRACE_VERSION');
  });

  it('may end in a line that a kill left unfinished, in the middle too if a later life went on', () => {
    const { lines, unfinished } = parseTrace(
      `${HEADER}\n${STEP.slice(0, 30)}~\n${STEP}\n${STEP.slice(0, 9)}`,
      'file',
    );
    expect(lines.map(({ number }) => number)).toEqual([3]);
    expect(unfinished.map(({ number }) => number).sort()).toEqual([2, 4]);
  });

  it('is recorded before anything else is done, with a header once a file, and goes on after a kill', async () => {
    const step = {
      stage: 'autoscaler',
      incarnation: 1,
      step: 1,
      event: { type: 'synced', what: 'pods' },
      effects: [],
    } as const;
    const first = recordTo(folder);
    first.record(step);
    await Promise.resolve();
    expect(readTrace(folder).get('autoscaler')).toHaveLength(1);
    first.close();
    const file = path.join(folder, 'autoscaler.ndjson');
    fs.appendFileSync(file, '{"at":1,"sta');
    const second = recordTo(folder);
    second.record({ ...step, step: 2 });
    second.close();
    const { lines, unfinished } = parseTrace(fs.readFileSync(file, 'utf8'), file);
    expect(lines.map(({ line }) => line.step)).toEqual([1, 2]);
    expect(unfinished).toHaveLength(1);
  });

  it('holds what a life was told, as it was told it', () => {
    const record = { uid: 'r1-1' } as never;
    const pod = { record, publishIntent: true, terminating: false, metadataUid: null, name: null };
    const config = {
      incarnation: 5,
      node: 'n',
      mutants: new Set(['no-fence']),
      journal: {
        nodeUid: 'u',
        fence: { incarnation: 1, n: 2 },
        drained: null,
        pods: new Map([['r1-1', pod]]),
        ended: new Set(['r1-2']),
        released: new Set(['m']),
        doubtful: true,
      },
    };
    expect(configOf(JSON.parse(JSON.stringify(recordedConfig(config))))).toEqual(config);
  });
});

describe.skipIf(TOOLCHAIN === null)('validation', () => {
  it('accepts worlds under faults; rejects one in which a rule is switched off, and says where', async () => {
    const traceOf = (name: string, text: string) => ({ name, files: [parseTrace(text, name)] });
    const judgements = await validateTraces(TOOLCHAIN!, [
      ...[21, 22].map((seed) => traceOf(`seed ${seed}`, recorded(seed, 2, 6))),
      // An older ReplicaSet still asks for what was wanted before: R makes nothing for it.
      traceOf(
        'taken back',
        traceOfPlan(pointsOf('rolledBack', everythingOnce(6, 'publish'))[7]?.plan as Plan),
      ),
      traceOf('silent', recorded(1, 2, 6, ['confirm-what-was-sent'])),
      traceOf('hasty', recorded(1, 2, 8, ['want-unsent-follows'])),
      traceOf('forgetful', recorded(3, 2, 8, ['want-no-hold'])),
    ]);
    const verdicts = judgements.map(({ name, faults }) => [
      name,
      faults.find(({ by }) => by !== 'order')?.by,
    ]);
    expect(verdicts).toEqual([
      ['seed 21', undefined],
      ['seed 22', undefined],
      ['taken back', undefined],
      ['silent', 'TLC (UpperEnd)'],
      ['hasty', 'TLC (Targets)'],
      ['forgetful', 'TLC (Targets)'],
    ]);
    const { lines, shares } = judgements[0] as (typeof judgements)[number];
    expect(shares.find(({ judge }) => judge === 'the machines')?.lines).toBe(lines);
    expect(shares.find(({ judge }) => judge === 'TLC, any module')?.lines).toBeGreaterThan(lines / 3);
  }, 180_000);

  it.each([
    ['acknowledge-early', 'owner', 6, 'TLC (KubeletStage)'],
    ['no-minimum', 'nodes', 1, 'TLC (KubeletStage)'],
    ['take-back-uncompared', 'owner', 1, 'TLC (Switch)'],
    ['flush-unawaited', 'owner', 2, 'TLC (Switch)'],
    ['stock-binds', 'owner', 20, 'TLC (Switch)'],
  ])(
    'rejects %s where a Node is registered or the owner switch is thrown',
    async (mutant, theme, seed, by) => {
      const file = parseTrace(recorded(seed, 2, 8, [mutant], theme), mutant);
      const judgements = await validateTraces(TOOLCHAIN!, [{ name: mutant, files: [file] }]);
      expect(judgements[0]?.faults.map((fault) => fault.by)).toContain(by);
    },
  );

  it('rejects a node that is given up in another way than the rule says, and accepts it as the rule says', async () => {
    const mutants = ['adopt-undrained', 'cancel-unconfirmed', 'mark-over-higher', 'gone-node-kept'];
    const found = (name: string) =>
      readReplay(fileURLToPath(new URL(`../simulator/found/${name}.json`, import.meta.url)));
    const traceOf = (name: string, plan: Plan) => ({ name, files: [parseTrace(traceOfPlan(plan), name)] });
    const judgements = await validateTraces(
      TOOLCHAIN!,
      mutants.flatMap((mutant) => {
        const { plan } = found(mutant);
        return [
          traceOf(`${mutant}, with the rule`, { ...plan, mutants: [] }),
          traceOf(mutant, { ...plan, mutants: [mutant] }),
        ];
      }),
    );
    const byMark = judgements.map(({ name, faults }) => [
      name,
      faults.some(({ by }) => by === 'TLC (CancellingEnd)'),
    ]);
    expect(byMark).toEqual(
      mutants.flatMap((mutant) => [
        [`${mutant}, with the rule`, false],
        [mutant, true],
      ]),
    );
  }, 180_000);

  it('refuses more lines than it may judge as TRACE_TOO_LARGE', async () => {
    const files = [parseTrace(recorded(21, 1, 2), 'file')];
    await expect(
      validateTraces(TOOLCHAIN!, [{ name: 'all', files }], { maxLines: 10 }),
    ).rejects.toMatchObject({
      code: 'TRACE_TOO_LARGE',
    });
  });
});
