/** The journal on a real disk: what a crash leaves is read, what nobody wrote is refused; and a lost journal, life after life. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { claimJournal, type Journal, openJournal } from '../../impl/controller/host/journal.ts';
import { kubeletStage, viewOfKubelet } from '../../machines/kubelet/index.ts';
import type { Effect } from '../../spec/effects.ts';
import type { StageEvent } from '../../spec/events.ts';
import type { PodFact } from '../../spec/facts.ts';
import type { JournalEntry } from '../../spec/journal.ts';
import { bound, nodeFact, podFact, S, sent, types } from '../machines/kubelet.support.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-journal-'));
  file = path.join(folder, 'n1.journal');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const ended = (uid: string): JournalEntry => ({ kind: 'ended', uid });
const codeOf = async (act: () => unknown) => {
  try {
    await act();
    return 'nothing';
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('the file', () => {
  it('of an older version (`older/`, written by its own code) is read as what it was', () => {
    fs.copyFileSync(new URL('older/schema-1.journal', import.meta.url), file);
    expect(claimJournal(file, 1_795_474_800_000, 1_795_474_900_000)).toBe(true);
    const journal = openJournal(file);
    journal.close();
    const { pods, ...state } = journal.initial;
    expect(state).toEqual({
      nodeUid: 'node-uid',
      fence: { incarnation: 1_795_474_700_000, n: 2 },
      drained: { incarnation: 1_795_474_700_000, n: 1 },
      doubtful: false,
      ended: new Set(['r1-3', 'r1-4']),
      released: new Set(['y']),
    });
    expect([...pods].map(([uid, pod]) => [uid, pod.publishIntent, pod.terminating, pod.name?.name])).toEqual([
      ['r1-1', true, false, undefined],
      ['a-x', true, false, 'web-x'],
      ['r1-2', false, true, undefined],
    ]);
  });

  it.each([
    ['when it is quiet', { quietMs: 20, grownBytes: 2_000, mostBytes: 1e9 }],
    ['in the midst of writes, if it is large', { quietMs: 1e6, grownBytes: 2_000, mostBytes: 4_000 }],
  ])(
    'that grows is compacted %s; nothing of it is lost, and a copy of any moment is whole',
    async (_, when) => {
      const journal = openJournal(file, when);
      let most = 0;
      for (let at = 0; at < 400; at += 1) {
        await journal.append([
          { kind: 'accepted', record: bound(`r1-${at}`), metadataUid: null, name: null },
          ...(at % 10 === 9 ? [] : [ended(`r1-${at}`)]),
        ]);
        most = Math.max(most, fs.statSync(file).size);
        if (at % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 60));
      }
      const whole = fs.readFileSync(file);
      if (when.quietMs < 1e3) await expect.poll(() => fs.statSync(file).size).toBeLessThan(most / 2);
      else expect(most).toBeLessThan(60_000);
      await journal.append([ended('last')]);
      journal.close();
      expect(openJournal(file).initial.ended).toContain('last');
      expect([...openJournal(file).initial.pods.keys()]).toHaveLength(40);
      fs.writeFileSync(file, whole);
      expect(openJournal(file).initial.ended.size).toBe(360);
    },
  );

  it('a torn last line is dropped, and what follows is whole', async () => {
    const journal = openJournal(file);
    await journal.append([ended('a'), ended('b')]);
    journal.close();
    fs.appendFileSync(file, '{"kind":"ended","u');
    const next = openJournal(file);
    expect([...next.initial.ended]).toEqual(['a', 'b']);
    await next.append([ended('c')]);
    next.close();
    const last = openJournal(file);
    expect([...last.initial.ended]).toEqual(['a', 'b', 'c']);
    last.close();
  });

  it.each([
    ['a line cut short within the file', '{"kind":"ended","u\n'],
    ['a line of another kind', '{"kind":"other"}\n'],
    ['a line that is no object', 'null\n'],
    ['bytes of something else', '\u0000\u0001\n'],
  ])('%s is JOURNAL_CORRUPT, and the file is left as it is', async (_, line) => {
    const text = `${line}${JSON.stringify(ended('a'))}\n`;
    fs.writeFileSync(file, text);
    expect(await codeOf(() => openJournal(file))).toBe('JOURNAL_CORRUPT');
    expect(fs.readFileSync(file, 'utf8')).toBe(text);
  });

  it('that can not be read or written is JOURNAL_CORRUPT', async () => {
    fs.mkdirSync(file);
    expect(await codeOf(() => openJournal(file))).toBe('JOURNAL_CORRUPT');
    fs.rmdirSync(file);
    const journal = openJournal(file);
    journal.close();
    expect(await codeOf(() => journal.append([ended('a')]))).toBe('JOURNAL_CORRUPT');
  });

  it('a compaction that a crash cut off changes nothing', async () => {
    const journal = openJournal(file);
    await journal.append([ended('a')]);
    journal.close();
    fs.writeFileSync(`${file}.next`, '{"kind":');
    const next = openJournal(file);
    expect([...next.initial.ended]).toEqual(['a']);
    next.close();
  });
});

describe('the lives of a journal', () => {
  const endedAt = async () => {
    const journal = openJournal(file);
    journal.close();
    return [...journal.initial.ended];
  };
  const livesIn = () =>
    fs
      .readFileSync(file, 'utf8')
      .match(/"incarnation":\d+/g)
      ?.map((each) => Number(each.slice(14)));

  it('a new one follows the one on the Node, or one whose number never came to be there', async () => {
    expect(claimJournal(file, null, 100)).toBe(true);
    const journal = openJournal(file);
    await journal.append([ended('a')]);
    journal.close();
    expect(claimJournal(file, 100, 200)).toBe(true);
    expect(claimJournal(file, 100, 201)).toBe(true);
    expect(livesIn()).toEqual([100, 200, 201]);
    expect(claimJournal(file, 200, 300)).toBe(true);
    expect(await endedAt()).toEqual(['a']);
    expect(livesIn()).toEqual([300]);
    // A Node that was made anew has no number: the machine sees that by its uid.
    expect(claimJournal(file, null, 400)).toBe(true);
    expect(await endedAt()).toEqual(['a']);
  });

  it('one that does not know the life on the Node is set aside and counts as lost', async () => {
    claimJournal(file, null, 100);
    const journal = openJournal(file);
    await journal.append([ended('a')]);
    journal.close();
    expect(claimJournal(file, 150, 200)).toBe(false);
    expect(fs.readFileSync(`${file}.stale`, 'utf8')).toContain('"a"');
    expect(await endedAt()).toEqual([]);
    expect(livesIn()).toEqual([200]);
  });

  it('none at all is a lost one, and nothing is set aside', async () => {
    expect(claimJournal(file, 150, 200)).toBe(true);
    expect(fs.readdirSync(folder)).toEqual([path.basename(file)]);
  });

  it('a lost one says so, also to the next life; one whose life wrote nothing is not lost', () => {
    const isDoubtful = () => {
      const journal = openJournal(file);
      journal.close();
      return journal.initial.doubtful;
    };
    claimJournal(file, null, 100);
    claimJournal(file, 100, 200);
    expect(isDoubtful()).toBe(false);
    fs.rmSync(file);
    claimJournal(file, 200, 300);
    expect(isDoubtful()).toBe(true);
    claimJournal(file, 300, 400);
    expect(isDoubtful()).toBe(true);
  });

  it('a torn last line is dropped before a life is noted', async () => {
    claimJournal(file, null, 100);
    fs.appendFileSync(file, '{"kind":"ended","u');
    expect(claimJournal(file, 100, 200)).toBe(true);
    expect(await endedAt()).toEqual([]);
  });
});

describe('a disk with no room', () => {
  afterEach(() => void vi.restoreAllMocks());
  /** From now on the disk takes this many bytes more. */
  const leave = (bytes: number, code = 'ENOSPC') => {
    let left = bytes;
    const write = fs.writeSync.bind(fs) as (descriptor: number, bytes: Uint8Array) => number;
    vi.spyOn(fs, 'writeSync').mockImplementation(((descriptor: number, data: Uint8Array, from: number) => {
      const some = data.subarray(from, from + left);
      if (some.length === 0) throw Object.assign(new Error('no room'), { code });
      left -= some.length;
      return write(descriptor, some);
    }) as unknown as typeof fs.writeSync);
  };

  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])(
    '%s in an append is JOURNAL_FULL; what was durable before is read',
    async (code) => {
      const journal = openJournal(file);
      await journal.append([ended('a')]);
      leave(30, code);
      await expect(journal.append([ended('b'), ended('c')])).rejects.toMatchObject({ code: 'JOURNAL_FULL' });
      vi.restoreAllMocks();
      journal.close();
      const next = openJournal(file);
      // `b` is whole, though nobody was told so: an entry more is no harm, its effect has not begun.
      expect([...next.initial.ended]).toEqual(['a', 'b']);
      next.close();
    },
  );

  it('at an opening is JOURNAL_FULL, and the journal stays as it was', async () => {
    const journal = openJournal(file);
    await journal.append([ended('a'), ended('b')]);
    journal.close();
    const before = fs.readFileSync(file, 'utf8');
    leave(10);
    expect(await codeOf(() => openJournal(file))).toBe('JOURNAL_FULL');
    expect(fs.readFileSync(file, 'utf8')).toBe(before);
  });
});

/** A K on a real disk: what it does, and what it has written, as lines for people. */
class Scenario {
  readonly lines: string[] = [];
  #known: readonly string[] = [];
  #journal: Journal | null = null;
  #state: ReturnType<typeof kubeletStage.start>[0] | null = null;
  #incarnation = 99;
  #n = 0;

  step(what: string, effects: readonly Effect[]): readonly Effect[] {
    this.lines.push(`> ${what}`);
    for (const effect of effects) if (effect.type === 'journal') void this.#journal?.append(effect.entries);
    const news = sent(effects).map((message) => {
      if (message.kind === 'Offer')
        return `Offer of ${message.held.map(({ uid }) => uid).join(', ') || 'nothing'}`;
      return message.kind;
    });
    const done = types(effects).filter((type) => !['journal', 'send'].includes(type));
    this.lines.push(`  does: ${[...done, ...news].join(', ') || 'nothing'}`);
    const written = this.#written();
    this.lines.push(...written.slice(this.#known.length));
    this.#known = written;
    return effects;
  }
  #written(): string[] {
    return fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => {
        if (line === '') return [];
        const { kind, ...rest } = JSON.parse(line) as JournalEntry;
        const of = 'record' in rest ? { uid: rest.record.uid, metadataUid: rest.metadataUid } : rest;
        return [`  | ${kind} ${JSON.stringify(of)}`];
      });
  }

  hear(what: string, event: StageEvent): readonly Effect[] {
    const [state, effects] = kubeletStage.step(this.#state!, event);
    this.#state = state;
    return this.step(what, effects);
  }

  /** A new life, from what is on the disk; as far as an open link. */
  live(what: string, pods: readonly PodFact[]): void {
    this.#journal?.close();
    this.#journal = openJournal(file);
    this.#known = [];
    this.#incarnation += 1;
    const incarnation = this.#incarnation;
    const config = { node: 'n1', runtime: 'publish', incarnation, journal: this.#journal.initial } as const;
    const [state, effects] = kubeletStage.start(config);
    this.#state = state;
    this.step(what, effects);
    const registered = this.hear('registered', {
      type: 'registered',
      node: nodeFact({ agent: incarnation }),
    });
    const { token } = registered.find(({ type }) => type === 'readLease') as { token: string };
    this.hear('reads the Lease of S', { type: 'leaseRead', subject: 'scheduler', token, incarnation: S });
    this.hear(`lists ${pods.length} Pods`, { type: 'podsListed', pods });
    this.#n += 1;
    const session = { upstream: S, downstream: 0, n: this.#n };
    const hello = { kind: 'Hello', session, role: 'scheduler', peer: 'kubelet/n1', wants: [] } as const;
    const asked = this.hear('Hello', { type: 'received', link: 'upstream', message: hello });
    const read = asked.find(({ type }) => type === 'readNode') as { token: string };
    const node = nodeFact({ agent: incarnation });
    this.hear('reads its Node', { type: 'nodeRead', name: 'n1', token: read.token, node });
    this.message('Fetch', { kind: 'Fetch', session: this.session, uids: [], tombstones: [] });
  }
  get session() {
    return { upstream: S, downstream: this.#incarnation, n: this.#n };
  }
  message(what: string, message: Extract<StageEvent, { type: 'received' }>['message']): readonly Effect[] {
    return this.hear(what, { type: 'received', link: 'upstream', message });
  }
  get view() {
    return viewOfKubelet(this.#state!);
  }
  end(): void {
    this.#journal?.close();
  }
}

describe('golden: a journal is lost', () => {
  it('its Pods are adopted, and two restarts later all of them still run', async () => {
    const k = new Scenario();
    const standing = ['r1', 'r2'].map((uid) => podFact(uid, { phase: 'Running', ready: true }));
    k.live('first life', []);
    k.message('Assign r1, r2', { kind: 'Assign', session: k.session, records: [bound('r1'), bound('r2')] });
    for (const pod of standing) k.hear(`created: ${pod.name}`, { type: 'published', uid: pod.uid!, pod });
    k.lines.push('# kill -9; the disk is lost');
    fs.rmSync(file);
    k.live('second life', standing);
    k.lines.push('# kill -9');
    k.live('third life', standing);
    k.lines.push('# kill -9');
    k.live('fourth life', standing);
    expect(k.view.records).toMatchObject(standing.map(({ uid }) => ({ uid, phase: 'running', ready: true })));
    k.message('Terminate r1', { kind: 'Terminate', session: k.session, uids: ['r1'] });
    k.hear('vanished: rs-r1', { type: 'podVanished', pod: standing[0]! });
    k.hear('read: no rs-r1', { type: 'podRead', uid: 'r1', pod: null });
    k.lines.push('# kill -9; r1 has ended, its create lands late');
    k.live('fifth life', standing);
    k.end();
    await expect(`${k.lines.join('\n')}\n`).toMatchFileSnapshot('golden/journal-lost.txt');
  });
});
