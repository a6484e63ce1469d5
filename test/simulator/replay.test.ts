/** Replay: a run as numbered lines, each with its cause; damaged files, other versions and impossible worlds are named. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { replayOf } from '../../impl/cli/commands/replay.ts';
import { replayFuzz } from '../../impl/cli/fuzz/run.ts';
import { drawPlan } from '../../impl/simulator/draw.ts';
import type { Plan } from '../../impl/simulator/plan.ts';
import { readReplay, writeReplay } from '../../impl/simulator/replayFile.ts';
import { runPlan } from '../../impl/simulator/run.ts';
import { chainTo, recordPlan, textOfEntry } from '../../impl/simulator/steps.ts';
import { checkTopology } from '../../impl/simulator/topology.ts';

const { plan } = readReplay(path.join(import.meta.dirname, 'found/readiness-untold.json'));

describe('the replay file that the docs show', () => {
  const docs = path.join(import.meta.dirname, '../../docs/replay');
  it('is printed as it is kept, in under 15 steps', () => {
    const { text, code } = replayOf(path.join(docs, 'terminated-before-stop.json'), {});
    expect(text).toBe(fs.readFileSync(path.join(docs, 'terminated-before-stop.txt'), 'utf8'));
    expect(text.match(/^#\d+/gm)?.length).toBeLessThan(15);
    expect(code).toBe(12);
  });
});

describe('a recorded run', () => {
  const { entries, outcome } = recordPlan(plan);

  it('ends as it does without a record', () => expect(outcome).toEqual(runPlan(plan)));

  it('numbers its lines, and each comes after its cause', () => {
    expect(entries.map(({ id }) => id)).toEqual(entries.map((_, at) => at + 1));
    expect(entries.every(({ id, cause }) => cause === null || cause < id)).toBe(true);
  });

  it('a message is caused by the step that sent it', () => {
    const heard = entries.filter(({ line }) => 'stage' in line && line.event.type === 'received');
    expect(heard.length).toBeGreaterThan(10);
    for (const { cause, line } of heard) {
      const sent = entries[(cause ?? 0) - 1]?.line;
      const kind = 'stage' in line && 'message' in line.event ? line.event.message.kind : '';
      expect(JSON.stringify(sent)).toContain(`"kind":"${kind}"`);
    }
  });

  it('the chain that led to a line begins with what nothing led to, and is read either way', () => {
    const chain = chainTo(entries, entries.length);
    expect(chain.at(-1)).toBe(entries.at(-1));
    expect(chain[0]?.cause).toBeNull();
    expect(chain.slice(1).map(({ cause }) => cause)).toEqual(chain.slice(0, -1).map(({ id }) => id));
    expect(textOfEntry(chain.at(-1) as (typeof chain)[number])).toMatch(/^#\d+ by #\d+ +\d+\.\d{3} s {2}/);
  });
});

describe('fuzz --replay', () => {
  const found = path.join(import.meta.dirname, '../../docs/replay/terminated-before-stop.json');
  afterEach(() => void vi.restoreAllMocks());

  /** The same plan, with every rule on. */
  function ruled(): string {
    const replay = readReplay(found);
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'replay-')), 'ruled.json');
    writeReplay(file, { ...replay, plan: { ...replay.plan, mutants: [] } });
    return file;
  }

  it('--mutant switches one more rule off in the run', () => {
    const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    expect(replayFuzz(found, {})).toBe(12);
    expect(replayFuzz(ruled(), {})).toBe(0);
    expect(replayFuzz(ruled(), { mutant: 'terminated-before-stop' })).toBe(12);
    expect(said.mock.lastCall?.[0]).toMatch(
      /now, without terminated-before-stop, after \d+ steps: NoFalseConfirm BROKEN/,
    );
  });

  it.each([{ mutant: 'no-such-rule' }, { theme: 'tail' }, { close: true }, { runs: 3 }, { out: 'x.json' }])(
    '%j is FLAG_INVALID: it has no part in it',
    (flags) => {
      expect(() => replayFuzz(found, flags)).toThrowError(expect.objectContaining({ code: 'FLAG_INVALID' }));
    },
  );
});

describe('a world that can not be is TOPOLOGY_IMPOSSIBLE', () => {
  const [node] = plan.nodes as [Plan['nodes'][number]];
  it.each<[string, Partial<Plan>]>([
    ['two Nodes of one name', { nodes: [node, node] }],
    [
      'a fault on a Node that there is not',
      { faults: [{ at: 1, fault: 'nodeCrash', node: 'n99', down: 1 }] },
    ],
    ['a fault of a stage that there is not', { faults: [{ at: 1, fault: 'usurp', peer: 'kubelet/n99' }] }],
    ['a Deployment that there is not', { acts: [{ at: 1, act: 'edit', deployment: 'zzz' }] }],
    ['more Pods than room', { finally: { d: 1000 } }],
  ])('%s', (_, change) => {
    const impossible = { ...plan, ...change };
    expect(() => checkTopology(impossible)).toThrowError(
      expect.objectContaining({ code: 'TOPOLOGY_IMPOSSIBLE' }),
    );
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'replay-')), 'bad.json');
    writeReplay(file, { commit: '', property: '', text: '', plan: impossible });
    expect(() => readReplay(file)).toThrowError(expect.objectContaining({ code: 'TOPOLOGY_IMPOSSIBLE' }));
  });

  it('and the seeds draw none of them', () => {
    for (let seed = 1; seed <= 300; seed += 1) checkTopology(drawPlan(seed));
  });
});
