/** Real processes under a plan: who runs, what is wrong with whom, and how everything is mended. */
import fs from 'node:fs';
import type { PeerName } from '../../spec/vocabulary.ts';
import type { DemoCluster } from '../demo/cluster.ts';
import type { LinkOf } from '../simulator/plan.ts';
import { mountSmallDisk, type SmallDisk } from './disk.ts';
import type { TcpProxy } from './tcpProxy.ts';
import { type Member, memberOf } from './waist.ts';

const UPPER: readonly PeerName[] = ['autoscaler', 'deployment', 'replicaset', 'scheduler'];

/** A waist that is looked after: a process that ends by itself is started again, as a node's kubelet would. @public */
export class ChaosWorld {
  readonly #cluster: DemoCluster;
  readonly #folder: string;
  readonly #chance: () => number;
  readonly members = new Map<PeerName, Member>();
  /** Second leaders. */
  readonly #rivals: Member[] = [];
  /** Those that are down on purpose. */
  readonly #down = new Set<Member>();
  readonly #stopped = new Set<Member>();
  readonly #undo = new Set<() => void>();
  readonly #mending = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly disk: SmallDisk | null;
  #watchman: NodeJS.Timeout | null = null;
  #rivalNumber = 0;
  #isOver = false;

  constructor(cluster: DemoCluster, folder: string, chance: () => number) {
    this.#cluster = cluster;
    this.#folder = folder;
    this.#chance = chance;
    this.disk = mountSmallDisk(`${folder}/journals`);
  }

  async start(nodes: readonly string[]): Promise<void> {
    const peers: readonly PeerName[] = [...UPPER, ...nodes.map((node): PeerName => `kubelet/${node}`)];
    for (const peer of peers) {
      this.members.set(peer, await memberOf(this.#cluster, peer, this.#folder, this.#chance));
    }
    await Promise.all([...this.members.values()].map(({ process }) => process.start()));
    this.#watchman = setInterval(() => this.#look(), 300);
    process.once('exit', this.#abandon);
  }

  /** This process ends in the middle of a run: nothing of it stays. */
  readonly #abandon = () => {
    for (const { process: child } of [...this.members.values(), ...this.#rivals])
      if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
    this.disk?.remove();
  };

  #look(): void {
    for (const member of this.members.values())
      if (member.process.pid === undefined && !this.#down.has(member)) this.#launch(member);
  }

  #launch(member: Member): void {
    this.#down.add(member);
    member.process
      .start()
      .catch(() => {})
      .finally(() => this.#down.delete(member));
  }

  /** After a while, or when all is mended, whichever is sooner. */
  later(milliseconds: number, act: () => void): void {
    const once = () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
      if (this.#undo.delete(once)) act();
    };
    const timer = setTimeout(once, milliseconds);
    this.#timers.add(timer);
    this.#undo.add(once);
  }

  /** kill -9; back after a while. */
  async kill(peer: PeerName, down: number, meanwhile: (member: Member) => void = () => {}): Promise<void> {
    const member = this.members.get(peer) as Member;
    if (this.#down.has(member)) return;
    this.#down.add(member);
    this.#stopped.delete(member);
    await member.process.kill();
    meanwhile(member);
    this.later(down, () => this.#launch(member));
  }

  /** The node's machine: its kubelet dies; back after a while. Nothing where no process is the kubelet. */
  async killKubelet(node: string, down: number): Promise<void> {
    const kubelet = this.#cluster.kubelets.get(node);
    if (kubelet?.pid === undefined) return;
    await kubelet.kill();
    this.later(down, () => this.#undone(kubelet.restart()));
  }

  /** Something that goes on after a fault is over, and that healing waits for. */
  #undone(act: Promise<void>): void {
    const settled = act.catch(() => {}).finally(() => this.#mending.delete(settled));
    this.#mending.add(settled);
  }

  /** One of a real node's containers dies: a Pod's, or the sandbox of one. False where there is none. */
  async killContainer(node: string, nth: number): Promise<boolean> {
    const kubelet = this.#cluster.kubelets.get(node);
    if (kubelet === undefined || !('ctr' in kubelet)) return false;
    const containers = (await kubelet.containers()).toSorted();
    const id = containers[nth % Math.max(containers.length, 1)];
    if (id === undefined) return false;
    await kubelet.ctr(['-n', 'k8s.io', 'tasks', 'kill', '-s', 'SIGKILL', id]);
    return true;
  }

  /** SIGSTOP; SIGCONT after a while. */
  async pause(peer: PeerName, milliseconds: number): Promise<void> {
    const member = this.members.get(peer) as Member;
    await member.process.signal('SIGSTOP');
    this.#stopped.add(member);
    this.later(milliseconds, () => {
      if (this.#stopped.delete(member)) void member.process.signal('SIGCONT');
    });
  }

  /** A second leader waits for the Lease while the first is stopped; then both run. */
  async usurp(peer: PeerName, milliseconds: number): Promise<void> {
    this.#rivalNumber += 1;
    const rival = await memberOf(
      this.#cluster,
      peer,
      this.#folder,
      this.#chance,
      `${peer}-rival-${this.#rivalNumber}`,
    );
    this.#rivals.push(rival);
    await rival.process.start().catch(() => {});
    await this.pause(peer, milliseconds);
  }

  /** What leads over a link. */
  linkOf({ up, down }: LinkOf): readonly TcpProxy[] {
    const dialler = this.members.get(up);
    if (dialler === undefined) return [];
    const links = [...dialler.api.links];
    if (up !== 'scheduler') return links;
    // S dials every node, and finds its agent's address on the Node.
    const node = down.slice('kubelet/'.length);
    return links.filter(({ owner }) => owner.endsWith(`/nodes/${node}`));
  }

  /** No fault lasts beyond this. */
  async heal(): Promise<void> {
    for (const act of [...this.#undo]) act();
    await Promise.all(this.#mending);
    this.disk?.free();
    for (const rival of this.#rivals) await rival.process.stop();
  }

  /** In good order, and all at once; nothing of it is left behind. */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    process.removeListener('exit', this.#abandon);
    if (this.#watchman !== null) clearInterval(this.#watchman);
    for (const timer of this.#timers) clearTimeout(timer);
    for (const member of this.#stopped) await member.process.signal('SIGCONT');
    const all = [...this.members.values(), ...this.#rivals];
    await Promise.all(all.map(({ process }) => process.stop()));
    for (const { api } of all) api.close();
    this.disk?.remove();
  }

  /** The disk of a node's machine is a new one. */
  static forget({ journal }: Member): void {
    if (journal !== null) fs.rmSync(journal, { force: true });
  }
}
