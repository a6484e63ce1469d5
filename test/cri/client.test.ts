/** A runtime that is not there, or not ready, is a named error. */
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CriFlags, checkCri } from '../../impl/cli/cri.ts';
import { CriClient } from '../../impl/cri/client.ts';

describe('a container runtime', () => {
  it('that is not there: RUNTIME_FAILED, with the socket that was asked', async () => {
    const socket = path.join(os.tmpdir(), 'kubedirect-no-runtime.sock');
    const client = new CriClient(socket);
    await expect(client.version()).rejects.toMatchObject({
      code: 'RUNTIME_FAILED',
      message: expect.stringContaining(socket),
    });
    client.close();
  });

  const flags = (more: Partial<CriFlags>): CriFlags => {
    return {
      criFolder: '.',
      secretFolder: '.',
      cgroupParent: '',
      maxPods: 110,
      kubeletPort: 0,
      containerLogMaxSize: 1,
      containerLogMaxFiles: 2,
      ...more,
    };
  };
  it('flags: a socket, and one node', () => {
    expect(() => checkCri('cri', ['n'], flags({}))).toThrow(/expected --cri-socket, got none/);
    expect(() => checkCri('cri', ['n', 'm'], flags({ criSocket: '/s' }))).toThrow(
      /expected one node.*got n, m/,
    );
    expect(() => checkCri('cri', ['n'], flags({ criSocket: '/s' }))).not.toThrow();
    expect(() => checkCri('publish', ['n', 'm'], flags({}))).not.toThrow();
  });
});
