/** One scale-out is one trace over all five stages, told to a collector by OTLP; and where nobody traces nothing of it is on a link. */
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { StepTracer, traced } from '../../impl/controller/host/tracing.ts';
import { createKubernetesClient, type KubernetesClient } from '../../impl/controller/kubernetes/client.ts';
import { pathOf } from '../../impl/controller/kubernetes/paths.ts';
import { SYSTEM_NAMESPACE } from '../../impl/controller/names.ts';
import { type RunningProcess, startProcess } from '../../impl/controller/process/process.ts';
import { install } from '../../impl/deploy/install.ts';
import { type Embedded, startEmbedded } from '../../impl/embedded/index.ts';
import type { Effect } from '../../spec/effects.ts';
import { LED_STAGES } from '../../spec/vocabulary.ts';
import { createManaged, until } from './support/kubedirect.ts';

const PODS = 12;
const NODES = ['node-0', 'node-1', 'node-2'];

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}
interface Exported {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

let folder: string;
let embedded: Embedded;
let client: KubernetesClient;
const running: RunningProcess[] = [];
const spans: Span[] = [];
const collector = http.createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const { resourceSpans } = JSON.parse(body) as Exported;
  spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((each) => each.spans)));
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const otlp = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-tracing-'));
  embedded = await startEmbedded({ nodes: NODES.length });
  const { kubeconfig } = embedded;
  client = createKubernetesClient({ kubeconfig });
  await install({ connection: { kubeconfig }, namespace: SYSTEM_NAMESPACE });
  await createManaged(client, 'web');
  const common = {
    ...{ kubeconfig, journals: folder, otlp, log: () => {} },
    runtime: 'publish',
    fatal: (error: unknown) => expect.fail(String(error)),
  } as const;
  const scaleApi = { listen: '127.0.0.1:0', isOpen: true };
  // Each stage apart, as processes are: their links are sockets.
  for (const stage of LED_STAGES)
    running.push(await startProcess({ ...common, holder: stage, stages: [stage], nodes: [], scaleApi }));
  running.push(await startProcess({ ...common, holder: 'agent', stages: [], nodes: NODES }));
});
afterAll(async () => {
  await Promise.all(running.map((each) => each.stop()));
  await client?.close();
  await embedded?.stop();
  collector.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

const stageOf = ({ attributes }: Span) =>
  attributes.find(({ key }) => key === 'kubedirect.stage')?.value.stringValue?.split('/')[0];

it('from the request to the create of each Pod, each span below the one that it came of', async () => {
  const address = running.find(({ scaleApi }) => scaleApi !== null)?.scaleApi;
  const url = `http://${address}/v1/namespaces/default/deployments/web/scale`;
  const body = JSON.stringify({ replicas: PODS });
  await until('it is taken', async () => (await fetch(url, { method: 'PUT', body })).status === 202);
  const pods = async () => (await client.list(pathOf({ resource: 'pods', namespace: 'default' }))).items;
  await until('the Pods are there', async () => (await pods()).length === PODS);
  await until(
    'all is exported',
    () => spans.filter(({ name }) => name === 'kubelet publish').length === PODS,
  );

  const [{ traceId } = { traceId: '' }] = spans.filter(({ name }) => name === 'kubelet publish');
  const trace = spans.filter((each) => each.traceId === traceId);
  const stages = new Set(trace.map(stageOf).filter((stage) => stage !== undefined));
  expect([...stages].sort()).toEqual([...LED_STAGES, 'kubelet'].sort());
  expect(trace.filter(({ name }) => name === 'kubelet publish')).toHaveLength(PODS);
  // From each create upwards to the one root.
  const byId = new Map(trace.map((span) => [span.spanId, span]));
  for (const leaf of trace.filter(({ name }) => name === 'kubelet publish')) {
    const names: string[] = [];
    for (let at: Span | undefined = leaf; at !== undefined; at = byId.get(at.parentSpanId ?? ''))
      names.push(at.name);
    expect(names).toEqual([
      'kubelet publish',
      'kubelet accept',
      'scheduler assign',
      'replicaset assign',
      'deployment scale',
      'autoscaler scale',
    ]);
  }
});

it('a step without a trace is no span, and what it sends is as the machine said it', () => {
  const tracer = new StepTracer(() => expect.fail('a span'), 'scheduler', 7);
  const session = { upstream: 1, downstream: 2, n: 1 };
  const effects: readonly Effect[] = [
    { type: 'send', link: 'upstream', message: { kind: 'Terminate', session, uids: ['r1-1'] } },
  ];
  expect(tracer.step({ type: 'timerFired', timer: 'x' } as never, effects).effects).toBe(effects);
});

it('a Pod that waits for its node is of the trace that it came with', () => {
  const opened: (string | undefined)[] = [];
  const open = (_: string, parent: string | undefined) => {
    opened.push(parent);
    return { trace: 'own', end: () => {} };
  };
  const tracer = new StepTracer(open, 'scheduler', 7);
  const session = { upstream: 1, downstream: 2, n: 1 };
  const message = { kind: 'Assign', session, records: [{ uid: 'r1-1' }] } as never;
  tracer.step(traced({ type: 'received', link: 'upstream', message }, 'theirs'), []);
  const send = { type: 'send', link: 'kubelet/n', message } as never;
  const { effects } = tracer.step({ type: 'timerFired', timer: 'x' } as never, [send]);
  expect(opened).toEqual(['theirs']);
  expect(effects).toMatchObject([{ message: { trace: 'own' } }]);
  // Once.
  expect(tracer.step({ type: 'timerFired', timer: 'x' } as never, [send]).effects).toEqual([send]);
});
