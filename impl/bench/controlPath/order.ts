/** What the parent and the processes of the control-path figure tell each other. */
import type { Incarnation, StageName } from '../../../spec/vocabulary.ts';
import type { LinkStats, TlsOptions } from '../../controller/links/index.ts';

/** What a process is to be: its first argument, as JSON. */
export interface Order {
  readonly stage: StageName;
  /** K: all of its nodes are in one process, as `kubedirect agent` has them. */
  readonly nodes: readonly string[];
  /** Of every stage and node. */
  readonly incarnations: Readonly<Record<string, Incarnation>>;
  /** Of the peers of this process; null: plain text. */
  readonly tls: Readonly<Record<string, TlsOptions>> | null;
  /** Pods that a node has room for. */
  readonly room: number;
  /** K: folder of the journals. */
  readonly folder: string;
}

/** To a process. */
export type Told =
  /** Where each peer listens: begin. */
  | { readonly type: 'begin'; readonly addresses: Readonly<Record<string, string>> }
  /** A: somebody asks for so many. */
  | { readonly type: 'scale'; readonly replicas: number }
  /** K: say when so many Pods run that did not before. */
  | { readonly type: 'expect'; readonly running: number }
  /** Say what it has cost so far. */
  | { readonly type: 'cost' };

/** What a process has used, and what has gone over its links to the downstream. */
export interface Cost {
  readonly stage: StageName;
  /** µs. */
  readonly cpu: number;
  readonly heap: number;
  /** By peer. */
  readonly traffic: Readonly<Record<string, LinkStats>>;
}

/** From a process. Times are ns of the clock that all processes of a machine share. */
export type Said =
  | { readonly type: 'listening'; readonly addresses: Readonly<Record<string, string>> }
  /** A: it was asked. */
  | { readonly type: 'asked'; readonly at: number }
  /** R: it sent Pods to S; the last time. */
  | { readonly type: 'minted'; readonly at: number }
  /** K: as many run as were expected. */
  | { readonly type: 'running'; readonly count: number; readonly first: number; readonly last: number }
  | { readonly type: 'cost'; readonly cost: Cost }
  | { readonly type: 'failed'; readonly why: string };
