/** Two agents of one Node, each with its own journal: the later one serves it, the earlier one steps down for good (protocol 6). */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { AGENT_INCARNATION_ANNOTATION } from '../../impl/controller/names.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import { Kubedirect, leadScheduler } from './support/kubedirect.ts';

describe('an agent whose Node another agent has taken over', () => {
  let folder: string;
  let embedded: Embedded;
  const agents: Kubedirect[] = [];
  beforeEach(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-superseded-'));
    embedded = await startEmbedded({ nodes: 2 });
    await leadScheduler(embedded.kubeconfig);
  });
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((each) => each.stop()));
    await embedded.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const agent = async (name: string, nodes: string): Promise<Kubedirect> => {
    const journals = path.join(folder, name);
    const { kubeconfig } = embedded;
    const each = new Kubedirect([
      ...['agent', '--nodes', nodes, '--kubeconfig', kubeconfig, '--journals', journals],
    ]);
    agents.push(each);
    await each.says('life begins');
    return each;
  };
  const registered = async () => {
    const client = createKubernetesClient({ kubeconfig: embedded.kubeconfig });
    const node = await client.get(pathOf({ resource: 'nodes', name: 'node-0' }));
    await client.close();
    return node?.metadata.annotations?.[AGENT_INCARNATION_ANNOTATION];
  };

  it('ends with AGENT_SUPERSEDED and exit code 21; the other stays registered', async () => {
    const first = await agent('first', 'node-0');
    const second = await agent('second', 'node-0');
    const taken = await registered();
    expect(await first.exited).toBe(21);
    expect(first.log.filter(({ code }) => code === 'AGENT_SUPERSEDED')).toHaveLength(1);
    await sleep(1_000);
    expect(await registered()).toBe(taken);
    expect(second.log.filter(({ msg }) => msg === 'life begins')).toHaveLength(1);
  });

  it('goes on with its other Nodes', async () => {
    const first = await agent('first', 'node-0,node-1');
    await agent('second', 'node-0');
    const taken = await registered();
    await first.says('a stage is over, the others go on');
    await sleep(1_000);
    expect(await registered()).toBe(taken);
    expect(first.log.filter(({ msg }) => msg === 'life ends')).toMatchObject([{ stage: 'kubelet/node-0' }]);
    expect(await first.stop()).toBe(0);
  });
});
