/** Mutual TLS: who may speak with whom is what the certificates say. */
import { X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CertificateAuthority, createAuthority } from '../../impl/controller/links/certificates.ts';
import { identityOf, type TlsOptions } from '../../impl/controller/links/index.ts';
import { KubedirectError } from '../../spec/errors.ts';
import { Started, terminate, terminated } from './support/peers.ts';

const started = new Started();
afterEach(() => started.end());

let authority: CertificateAuthority;
let replicaset: TlsOptions;
let scheduler: TlsOptions;
let node1: TlsOptions;
beforeAll(async () => {
  authority = await createAuthority();
  [replicaset, scheduler, node1] = await Promise.all([
    authority.issue('replicaset'),
    authority.issue('scheduler'),
    authority.issue('kubelet/node-1'),
  ]);
});

describe('two stages with certificates of one authority', () => {
  it('are connected, and each knows the other by its certificate', async () => {
    const { up, down, upstream, downstream } = await started.pair({
      down: { tls: scheduler },
      up: { tls: replicaset },
    });
    expect([upstream.peer, downstream.peer]).toEqual(['scheduler', 'replicaset']);
    upstream.send(terminate(1));
    downstream.send(terminated(1));
    await Promise.all([up.until('message'), down.until('message')]);
  });

  it('a scheduler and the agent of a node too', async () => {
    await started.pair({
      down: { tls: node1, role: 'kubelet/node-1' },
      up: { tls: scheduler, role: 'scheduler', peer: 'kubelet/node-1' },
    });
  });
});

describe('a wrong identity is refused by name, at the end that finds it, before any message', () => {
  it('the downstream is another stage: PEER_WRONG_IDENTITY', async () => {
    const { server, down } = await started.serve({ tls: replicaset });
    const { up } = started.dial(server.address, { tls: replicaset });
    await up.until('broken');
    expect([up.code, up.log, down.log]).toEqual(['PEER_WRONG_IDENTITY', ['broken'], []]);
    expect(up.reasons[0]!.reason).toContain('expected scheduler, got replicaset');
  });

  it('the downstream is the agent of another node: PEER_WRONG_IDENTITY', async () => {
    const { server } = await started.serve({ tls: node1, role: 'kubelet/node-1' });
    const { up } = started.dial(server.address, {
      tls: scheduler,
      role: 'scheduler',
      peer: 'kubelet/node-2',
    });
    await up.until('broken');
    expect(up.code).toBe('PEER_WRONG_IDENTITY');
  });

  it('the upstream claims another role than its certificate: PEER_WRONG_IDENTITY', async () => {
    const { server, down, refused } = await started.serve({ tls: scheduler });
    const { up } = started.dial(server.address, { tls: node1, role: 'replicaset' });
    await up.until('broken');
    expect([up.code, down.log, refused]).toEqual(['PEER_WRONG_IDENTITY', [], ['PEER_WRONG_IDENTITY']]);
  });

  it('the upstream is a stage, but not the one above: PEER_WRONG_ROLE', async () => {
    const { server, refused } = await started.serve({ tls: scheduler });
    const { up } = started.dial(server.address, { tls: node1, role: 'kubelet/node-1' });
    await up.until('broken');
    expect([up.code, refused]).toEqual(['PEER_WRONG_ROLE', ['PEER_WRONG_ROLE']]);
  });
});

describe('who has no certificate of the authority is not connected: LINK_UNREACHABLE', () => {
  it('an upstream of another authority', async () => {
    const stranger = await (await createAuthority()).issue('replicaset');
    const { server, down } = await started.serve({ tls: scheduler });
    const { up } = started.dial(server.address, { tls: { ...stranger, ca: authority.ca } });
    await up.until('broken');
    expect([up.code, down.log]).toEqual(['LINK_UNREACHABLE', []]);
  });

  it('a downstream of another authority', async () => {
    const stranger = await (await createAuthority()).issue('scheduler');
    const { server, down } = await started.serve({ tls: { ...stranger, ca: authority.ca } });
    const { up } = started.dial(server.address, { tls: replicaset });
    await up.until('broken');
    expect([up.code, down.log]).toEqual(['LINK_UNREACHABLE', []]);
  });

  it('an upstream in plain text', async () => {
    const { server, down } = await started.serve({ tls: scheduler });
    const { up } = started.dial(server.address);
    await up.until('broken');
    expect([up.code, down.log]).toEqual(['LINK_UNREACHABLE', []]);
  });

  it('an upstream whose certificate has run out', async () => {
    const past = await createAuthority({ now: Date.now() - 3 * 86_400_000, days: 30 });
    const [old, good] = await Promise.all([past.issue('replicaset', { days: 1 }), past.issue('scheduler')]);
    const { server, down } = await started.serve({ tls: good });
    const { up } = started.dial(server.address, { tls: old });
    await up.until('broken');
    expect([up.code, down.log]).toEqual(['LINK_UNREACHABLE', []]);
  });
});

describe('an identity is exactly one URI of ours in the certificate', () => {
  const certificate = (subjectaltname?: string) => ({ subjectaltname }) as Parameters<typeof identityOf>[0];

  it('as issued', () => {
    const { subjectAltName } = new X509Certificate(node1.cert);
    expect(identityOf(certificate(subjectAltName))).toBe('kubelet/node-1');
  });

  it.each([
    [undefined],
    ['DNS:scheduler'],
    ['URI:spiffe://elsewhere/scheduler'],
    ['URI:spiffe://kubedirect/kubelet'],
    ['URI:spiffe://kubedirect/kubelet/'],
    ['URI:spiffe://kubedirect/kubelet/../scheduler'],
    ['URI:spiffe://kubedirect/scheduler, URI:spiffe://kubedirect/replicaset'],
    ['URI:"spiffe://kubedirect/scheduler, URI:spiffe://kubedirect/replicaset"'],
  ])('and %s is none', (names) => {
    expect(() => identityOf(certificate(names))).toThrow(
      expect.objectContaining({ code: 'PEER_WRONG_IDENTITY' }) as unknown as Error,
    );
  });

  it('and no certificate is issued for what is no stage: PEER_NAME_INVALID', async () => {
    for (const name of ['', 'kubelet', 'kubelet/', 'kubelet/A', 'admin']) {
      await expect(authority.issue(name)).rejects.toThrow(KubedirectError);
    }
  });
});
