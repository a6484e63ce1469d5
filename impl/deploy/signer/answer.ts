/**
 * The answer to one CertificateSigningRequest: approved and signed, or refused, as `judge.ts` says. In two writes, after either of which this
 * process may end: what the request shows to be done is not done again.
 */
import type { KubernetesClient } from '../../controller/kubernetes/client.ts';
import { pathOf } from '../../controller/kubernetes/paths.ts';
import type { KubernetesObject } from '../../controller/kubernetes/types.ts';
import { readRequest, signLeaf } from '../../controller/links/certificates.ts';
import type { Authority } from './authorities.ts';
import { judge } from './judge.ts';

type ConditionType = 'Approved' | 'Denied' | 'Failed';

/** A CertificateSigningRequest, as far as it is read. @public */
export interface SigningRequest extends KubernetesObject {
  readonly spec: {
    readonly request: string;
    readonly signerName: string;
    readonly usages?: readonly string[];
    readonly username?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
    readonly expirationSeconds?: number;
  };
  readonly status?: {
    readonly certificate?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

/** By whom, and with what. @public */
export interface AnswerOptions {
  readonly client: Pick<KubernetesClient, 'request'>;
  readonly namespace: string;
  readonly authority: Authority;
  readonly log: (text: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly now: () => number;
}

const LEAF_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;

const has = ({ status }: SigningRequest, ...types: readonly ConditionType[]) =>
  status?.conditions?.some(({ type }) => types.some((one) => one === type)) === true;

/** Whether nothing is left to be done. @public */
export const isSettled = (request: SigningRequest): boolean =>
  request.status?.certificate !== undefined || has(request, 'Denied', 'Failed');

/** Writes a condition: an approval and a denial by the subresource for those, which takes each once and never both. */
function tell(
  client: AnswerOptions['client'],
  request: SigningRequest,
  type: ConditionType,
  message: string,
) {
  const condition = {
    ...{ type, status: 'True', message },
    reason: type === 'Approved' ? 'IsThatStage' : 'NotThatStage',
  };
  const { name } = request.metadata;
  const subresource = type === 'Failed' ? 'status' : 'approval';
  return client.request<SigningRequest>({
    method: 'PUT',
    path: pathOf({ resource: 'certificatesigningrequests', name, subresource }),
    body: {
      ...request,
      status: { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] },
    },
  });
}

/** Approves and signs, or refuses; goes on with what is approved. @throws KubernetesError @public */
export async function answer(
  { client, namespace, authority, log, now }: AnswerOptions,
  request: SigningRequest,
): Promise<void> {
  if (isSettled(request)) return;
  const { metadata, spec } = request;
  const asked = await readRequest(Buffer.from(spec.request, 'base64').toString('utf8'));
  const { username = '', extra = {}, usages = [] } = spec;
  const judged = judge(namespace, { username, extra, usages, uris: asked?.uris ?? null });
  const told = { request: metadata.name, username };
  if ('denied' in judged || asked === null) {
    const why = 'denied' in judged ? judged.denied : 'no request';
    // Approved by somebody else: it can be denied no more, but it is not signed.
    await tell(client, request, has(request, 'Approved') ? 'Failed' : 'Denied', why);
    return log('a request was denied', { ...told, why });
  }
  const approved = has(request, 'Approved')
    ? request
    : await tell(client, request, 'Approved', judged.identity);
  const lasts = Math.min((spec.expirationSeconds ?? LEAF_MS / 1000) * 1000, LEAF_MS);
  const validity = { from: now() - MINUTE_MS, to: Math.min(now() + lasts, authority.to) };
  const certificate = await signLeaf(authority, judged.identity, asked.publicKey, validity);
  await client.request({
    method: 'PUT',
    path: pathOf({
      ...{ resource: 'certificatesigningrequests', name: metadata.name },
      subresource: 'status',
    }),
    body: {
      ...approved,
      status: { ...approved.status, certificate: Buffer.from(certificate).toString('base64') },
    },
  });
  log('a request was approved, and signed', { ...told, why: judged.identity });
}
