/** The stages as an installation has them: two processes of each above the tail, one of which leads, mutual TLS on the links, an agent. */
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { LED_STAGES, type StageName } from '../../spec/vocabulary.ts';
import type { KubernetesClient } from '../controller/kubernetes/client.ts';
import { pathOf } from '../controller/kubernetes/paths.ts';
import type { Lease } from '../controller/kubernetes/types.ts';
import { writeCertificates } from '../controller/links/certificateFolder.ts';
import { type CertificateAuthority, createAuthority } from '../controller/links/certificates.ts';
import { leaseName, SYSTEM_NAMESPACE } from '../controller/names.ts';
import { agentArguments, runArguments, SpawnedStage } from '../controller/process/spawn.ts';
import type { DemoCluster } from '../demo/cluster.ts';
import { again } from './again.ts';
import type { Looked } from './figures.ts';

type Led = (typeof LED_STAGES)[number];

/** Short, so that a soak sees many leaders. */
const LEASE = '4/3/1';
/** Longer than a Lease: another leads meanwhile. */
const ASLEEP_MS = 6_000;
const DAYS = 1;

/** Asks the direct scale API once, over TLS. @returns the status of the answer */
function askSafely(address: string | null, path: string, replicas: number, ca: string): Promise<number> {
  return new Promise((resolve, reject) => {
    https
      .request(`https://${address}${path}`, {
        // Its name is a stage's, not a host's. No connection is kept: each is made with the certificate of now.
        ...{ method: 'PUT', ca, agent: false, checkServerIdentity: () => undefined },
        signal: AbortSignal.timeout(8_000),
      })
      .on('response', (answer) => resolve(answer.resume().statusCode ?? 0))
      .on('error', reject)
      .end(JSON.stringify({ replicas }));
  });
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A waist that soaks. @public */
export class SoakedWaist {
  readonly #client: KubernetesClient;
  readonly #folder: string;
  readonly #identities: readonly string[];
  readonly #processes: ReadonlyMap<StageName, readonly SpawnedStage[]>;
  #authority: CertificateAuthority | null = null;

  constructor({ kubeconfigs, nodes }: DemoCluster, client: KubernetesClient, folder: string) {
    this.#client = client;
    this.#folder = folder;
    this.#identities = [...LED_STAGES, ...nodes.map((node) => `kubelet/${node}`)];
    const served = ['--status', '127.0.0.1:0', '--certificates', this.#certificates];
    const common = (stage: StageName, holder: string) => {
      return { kubeconfig: kubeconfigs[stage], holder, folder, traces: false, rehearses: true };
    };
    const make = (stage: StageName, holder: string, args: readonly string[]) =>
      new SpawnedStage(stage, args, path.join(folder, `${holder}.log`));
    const led = (stage: Led) =>
      ['a', 'b'].map((which) => {
        const holder = `${stage}-${which}`;
        const api = stage === 'autoscaler' ? ['--scale-api-tls', path.join(this.#certificates, 'scale')] : [];
        const more = [...served, ...api, '--lease', LEASE];
        return make(stage, holder, runArguments([stage], common(stage, holder), more));
      });
    const agent = make('kubelet', 'agent', agentArguments(nodes, common('kubelet', 'agent'), served));
    this.#processes = new Map<StageName, readonly SpawnedStage[]>([
      ...LED_STAGES.map((stage) => [stage, led(stage)] as const),
      ['kubelet', [agent]],
    ]);
  }

  get #certificates(): string {
    return path.join(this.#folder, 'certificates');
  }

  /** By stage. */
  get looked(): readonly Looked[] {
    return [...this.#processes].map(([stage, processes]) => ({ stage, processes }));
  }

  /** Bytes of the agents' journals. */
  get journalBytes(): number {
    const folder = path.join(this.#folder, 'journals');
    return fs.readdirSync(folder).reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size, 0);
  }

  async start(): Promise<void> {
    await this.#issue();
    await Promise.all([...this.#processes.values()].flat().map((each) => each.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#processes.values()].flat().map((each) => each.stop()));
  }

  /** New leaves for all, by the same authority or, with it, by a new one; the processes find them by themselves. */
  async #issue(anew = true): Promise<void> {
    if (anew || this.#authority === null) this.#authority = await createAuthority({ days: DAYS });
    const next = `${this.#certificates}.next`;
    fs.rmSync(next, { recursive: true, force: true });
    await writeCertificates(next, this.#authority, this.#identities, DAYS);
    const { cert, key } = await this.#authority.issue('autoscaler', { days: DAYS });
    fs.mkdirSync(path.join(next, 'scale'));
    fs.writeFileSync(path.join(next, 'scale', 'tls.key'), key, { mode: 0o600 });
    fs.writeFileSync(path.join(next, 'scale', 'tls.crt'), cert);
    fs.cpSync(next, this.#certificates, { recursive: true, force: true });
  }

  rotate(withAuthority: boolean): Promise<void> {
    return this.#issue(withAuthority);
  }

  /** Asks the one or the other Pod of the Autoscaler stage, as a Service would; of a new authority it takes its certificate alone. */
  async scale(namespace: string, name: string, replicas: number, which: number): Promise<void> {
    const both = this.#processes.get('autoscaler') as readonly SpawnedStage[];
    const { scaleApi } = both[which % both.length] as SpawnedStage;
    for (let asked = 1; ; asked += 1) {
      // It may be asleep, or stand by for one that is.
      const path = `/v1/namespaces/${namespace}/deployments/${name}/scale`;
      const answer = await askSafely(scaleApi, path, replicas, this.#authority?.ca ?? '').catch(String);
      if (answer === 202) return;
      if (asked === 200) throw new Error(`the direct scale API answered ${answer}`);
      await sleep(250);
    }
  }

  /** The one that leads stands still for longer than its Lease, and comes back to find another. The agent: longer than its links wait. */
  async sleep(stage: StageName): Promise<void> {
    const one = stage === 'kubelet' ? this.#processes.get(stage)?.[0] : await this.#leader(stage);
    if (one === undefined) return;
    await one.signal('SIGSTOP');
    await sleep(ASLEEP_MS);
    await one.signal('SIGCONT');
  }

  /** Somebody empties the Lease under its leader: for a second there may be two of them. */
  async depose(stage: Led): Promise<void> {
    const path = pathOf({ resource: 'leases', namespace: SYSTEM_NAMESPACE, name: leaseName(stage) });
    const body = { spec: { holderIdentity: '' } };
    await again(() => this.#client.request({ method: 'PATCH', path, patchType: 'merge', body }));
  }

  async #leader(stage: Led): Promise<SpawnedStage | undefined> {
    const path = pathOf({ resource: 'leases', namespace: SYSTEM_NAMESPACE, name: leaseName(stage) });
    const holder = (await again(() => this.#client.get<Lease>(path)))?.spec?.holderIdentity;
    return this.#processes.get(stage)?.[holder?.endsWith('-b') ? 1 : 0];
  }
}
