/** One agent at a time writes a journal: the second is told so by name, before it has touched its Node; the dead hold nothing. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockJournal } from '../../impl/controller/host/journalLock.ts';
import { createKubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { AGENT_INCARNATION_ANNOTATION } from '../../impl/controller/names.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import { Kubedirect } from './support/kubedirect.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-lock-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('the lock of a journal', () => {
  it('is held once, also within one process, and can be taken again when it was given back', () => {
    const file = path.join(folder, 'deeper', 'n.journal');
    const lock = lockJournal(file);
    expect(() => lockJournal(file)).toThrow(expect.objectContaining({ code: 'JOURNAL_LOCKED' }));
    expect(() => lockJournal(file)).toThrow(expect.objectContaining({ code: 'JOURNAL_LOCKED' }));
    const other = lockJournal(path.join(folder, 'deeper', 'm.journal'));
    lock.release();
    lockJournal(file).release();
    other.release();
  });

  it('that can not be made is named', () => {
    fs.writeFileSync(path.join(folder, 'file'), '');
    const file = path.join(folder, 'file', 'n.journal');
    expect(() => lockJournal(file)).toThrow(expect.objectContaining({ code: 'JOURNAL_CORRUPT' }));
    fs.writeFileSync(path.join(folder, 'm.journal.lock'), 'not a lock of ours');
    expect(() => lockJournal(path.join(folder, 'm.journal'))).toThrow(
      expect.objectContaining({ code: 'JOURNAL_CORRUPT' }),
    );
  });
});

describe('two agents of one Node on one machine', () => {
  let embedded: Embedded;
  const agents: Kubedirect[] = [];
  beforeEach(async () => {
    embedded = await startEmbedded({ nodes: 1 });
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((each) => each.stop()));
    await embedded.stop();
  });
  const agent = (): Kubedirect => {
    const { kubeconfig } = embedded;
    const each = new Kubedirect([
      ...['agent', '--nodes', 'node-0', '--kubeconfig', kubeconfig, '--journals', folder],
    ]);
    agents.push(each);
    return each;
  };
  const registered = async () => {
    const client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
    const node = await client.get(pathOf({ resource: 'nodes', name: 'node-0' }));
    await client.close();
    return node?.metadata.annotations?.[AGENT_INCARNATION_ANNOTATION];
  };

  it('the second ends with JOURNAL_LOCKED, the first stays registered; after kill -9 of the first, a third takes over', async () => {
    const first = agent();
    await first.says('life begins');
    const incarnation = await registered();
    const second = agent();
    expect(await second.exited).toBe(1);
    expect(second.output).toContain('JOURNAL_LOCKED');
    expect(second.output).not.toContain('    at ');
    expect(await registered()).toBe(incarnation);

    await first.stop('SIGKILL');
    await agent().says('life begins');
    expect(Number(await registered())).toBeGreaterThan(Number(incarnation));
  });
});
