/**
 * Certificates that are replaced while a process runs: each new connection is made with the newest, those that are open go on as they are.
 * A certificate that has run out is refused when somebody connects, not before: to end old connections, restart the process.
 */
import type { experimental } from '@grpc/grpc-js';
import type { TlsOptions } from './identity.ts';

/** What is replaced while the process runs. @public */
export interface Rotating<T> {
  /** The newest. */
  readonly current: T;
  /** Tells of each replacement, until the returned function is called. */
  onRotated(listener: (now: T) => void): () => void;
}

/** Where the certificates of one identity come from. @public */
export type RotatingTls = Rotating<TlsOptions>;

/** Certificates, or where they come from. @public */
export type TlsSource = TlsOptions | RotatingTls;

/** Whether they may be replaced. @internal */
export const isRotating = (tls: TlsSource): tls is RotatingTls => 'onRotated' in tls;

/** The newest, or none. @internal */
export function newestOf<T extends TlsSource | undefined>(tls: T): TlsOptions | Extract<T, undefined> {
  if (tls === undefined) return tls as Extract<T, undefined>;
  return isRotating(tls) ? tls.current : (tls as TlsOptions);
}

/** The same for gRPC's server. @internal */
export function providerOf(source: RotatingTls): experimental.CertificateProvider {
  const stops = new Map<unknown, () => void>();
  const add = (listener: unknown, tell: (tls: TlsOptions) => void) => {
    // gRPC is ready to hear of them only when this call has returned.
    process.nextTick(() => tell(source.current));
    stops.set(listener, source.onRotated(tell));
  };
  const remove = (listener: unknown) => {
    stops.get(listener)?.();
    stops.delete(listener);
  };
  return {
    addCaCertificateListener: (listener) =>
      add(listener, ({ ca }) => listener({ caCertificate: Buffer.from(ca) })),
    addIdentityCertificateListener: (listener) =>
      add(listener, ({ cert, key }) =>
        listener({ certificate: Buffer.from(cert), privateKey: Buffer.from(key) }),
      ),
    removeCaCertificateListener: remove,
    removeIdentityCertificateListener: remove,
  };
}
