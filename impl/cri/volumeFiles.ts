/** What a volume that is filled from objects holds: the files of ConfigMaps, Secrets, fields of the Pod and tokens. */
import { KubedirectError } from '../../spec/errors.ts';
import { type File, safePath } from './atomicFiles.ts';
import { fieldOf, type Place } from './environment.ts';
import type { DataKind, Objects, Token } from './objects.ts';
import type { Item, KeptPod, TokenSource, Volume, VolumeSource } from './podSpec.ts';

/** Tokens that are still good, by the path that they lie at. */
export type Tokens = Map<string, Token & { readonly since: number }>;

/** What is filled, and by what. */
export interface Filling {
  readonly pod: KeptPod;
  readonly place: Place;
  readonly objects: Objects;
  readonly tokens: Tokens;
}

type Files = readonly (readonly [path: string, file: File])[];

const MODE = 0o644;
const HOUR = 3_600;
/** A token is asked for anew when so much of its life has passed, as by a kubelet. */
const RENEWED_AT = 0.8;

async function ofData(
  { pod, objects }: Filling,
  kind: DataKind,
  name: string,
  { items, optional = false }: { readonly items?: readonly Item[]; readonly optional?: boolean },
  mode: number,
): Promise<Files> {
  const data = await objects.data(kind, pod.namespace, name);
  if (data === null && !optional) throw missing(`${kind} ${pod.namespace}/${name}`, 'there is none');
  const chosen = items ?? [...(data ?? new Map()).keys()].map((key): Item => ({ key, path: key }));
  return chosen.flatMap(({ key = '', path, mode: own = mode }): Files => {
    const text = data?.get(key);
    if (text !== undefined) return [[safePath(path), { text, mode: own }]];
    if (optional) return [];
    throw missing(`${kind} ${pod.namespace}/${name}`, `it has no ${key}`);
  });
}

const missing = (what: string, how: string) =>
  new KubedirectError('RUNTIME_FAILED', `${what}: expected what the Pod asks for, ${how}`);

/** All labels, or all annotations, in a file: a line each, quoted. */
function allOf(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}\n`)
    .join('');
}

function ofFields({ pod, place }: Filling, items: readonly Item[], mode: number): Files {
  return items.map(({ path, fieldRef, mode: own = mode }) => {
    const field = fieldRef?.fieldPath ?? '';
    const whole =
      field === 'metadata.labels' ? pod.labels : field === 'metadata.annotations' ? pod.annotations : null;
    const text = whole === null ? fieldOf(pod, place, field) : allOf(whole);
    return [safePath(path), { text: Buffer.from(text), mode: own }];
  });
}

async function ofToken({ pod, objects, tokens }: Filling, source: TokenSource, mode: number): Promise<Files> {
  const path = safePath(source.path);
  const key = `${source.audience ?? ''} ${path}`;
  const now = Date.now();
  const before = tokens.get(key);
  const isGood = before !== undefined && now < before.since + RENEWED_AT * (before.expires - before.since);
  const token = isGood
    ? before
    : { ...(await objects.token(pod, source.audience, source.expirationSeconds ?? HOUR)), since: now };
  tokens.set(key, token);
  return [[path, { text: Buffer.from(token.text), mode }]];
}

async function ofSource(filling: Filling, source: VolumeSource, mode: number): Promise<Files> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  const ofOne = (one: { readonly defaultMode?: number }) => one.defaultMode ?? mode;
  if (configMap) return ofData(filling, 'configmaps', configMap.name, configMap, ofOne(configMap));
  if (secret)
    return ofData(filling, 'secrets', secret.secretName ?? secret.name ?? '', secret, ofOne(secret));
  if (downwardAPI) return ofFields(filling, downwardAPI.items ?? [], ofOne(downwardAPI));
  return serviceAccountToken ? ofToken(filling, serviceAccountToken, mode) : [];
}

/** Whether a volume is filled from objects; else it is empty at first. */
export const isFilled = ({ emptyDir: _, name: __, ...rest }: Volume) => Object.keys(rest).length > 0;

/**
 * The files of a volume, by their paths in it.
 * @throws KubedirectError `RUNTIME_FAILED` if something is not there that must be; KubernetesError
 */
export async function filesOf(filling: Filling, volume: Volume): Promise<ReadonlyMap<string, File>> {
  const { projected } = volume;
  if (projected === undefined) return new Map(await ofSource(filling, volume, MODE));
  const mode = projected.defaultMode ?? MODE;
  const all: (readonly [string, File])[] = [];
  for (const source of projected.sources ?? []) all.push(...(await ofSource(filling, source, mode)));
  return new Map(all);
}
