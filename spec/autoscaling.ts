/**
 * The policy of the built-in autoscaler (protocol 8: exactly one decides per Deployment), as annotations of a Deployment. Terms, bounds
 * and defaults are those of Knative's KPA; a Deployment that names no `target` is somebody else's to scale.
 */

/** Prefix of the annotations. @public */
export const AUTOSCALING_PREFIX = 'autoscaling.kubedirect.dev/';

/** How a Deployment is scaled by the concurrency that is reported of it. @public */
export interface ConcurrencyPolicy {
  /** Concurrent requests for each Pod, above 0. */
  readonly target: number;
  readonly minScale: number;
  /** 0 is without a bound. */
  readonly maxScale: number;
  /** Fewest Pods when there are any. */
  readonly activationScale: number;
  /** Over what the stable mode averages, ms. */
  readonly windowMs: number;
  /** Of the window: over what the panic mode averages, per cent. */
  readonly panicWindowPercentage: number;
  /** Panic from so many times the ready Pods on, per cent. */
  readonly panicThresholdPercentage: number;
  /** At most so many times the ready Pods at once. */
  readonly maxScaleUpRate: number;
  /** At least the ready Pods divided by this. */
  readonly maxScaleDownRate: number;
  /** A lower count is wanted only once it has been so for this long, ms. */
  readonly scaleDownDelayMs: number;
}

/** What holds where an annotation is absent. @public */
export const DEFAULT_POLICY: Omit<ConcurrencyPolicy, 'target'> = {
  minScale: 0,
  maxScale: 0,
  activationScale: 1,
  windowMs: 60_000,
  panicWindowPercentage: 10,
  panicThresholdPercentage: 200,
  maxScaleUpRate: 1_000,
  maxScaleDownRate: 2,
  scaleDownDelayMs: 0,
};

interface Field {
  readonly key: keyof ConcurrencyPolicy;
  readonly from: number;
  readonly to: number;
  readonly kind: 'number' | 'whole' | 'duration';
}

const MOST = 2 ** 31 - 1;
const FIELDS: Readonly<Record<string, Field>> = {
  target: { key: 'target', from: 0.01, to: 1_000_000, kind: 'number' },
  'min-scale': { key: 'minScale', from: 0, to: MOST, kind: 'whole' },
  'max-scale': { key: 'maxScale', from: 0, to: MOST, kind: 'whole' },
  'activation-scale': { key: 'activationScale', from: 1, to: MOST, kind: 'whole' },
  window: { key: 'windowMs', from: 6_000, to: 3_600_000, kind: 'duration' },
  'panic-window-percentage': { key: 'panicWindowPercentage', from: 1, to: 100, kind: 'number' },
  'panic-threshold-percentage': { key: 'panicThresholdPercentage', from: 110, to: 1_000, kind: 'number' },
  'max-scale-up-rate': { key: 'maxScaleUpRate', from: 1.01, to: 1_000_000, kind: 'number' },
  'max-scale-down-rate': { key: 'maxScaleDownRate', from: 1.01, to: 1_000_000, kind: 'number' },
  'scale-down-delay': { key: 'scaleDownDelayMs', from: 0, to: 3_600_000, kind: 'duration' },
};

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function read(text: string, { kind }: Field): number {
  if (kind !== 'duration') return kind === 'whole' && !/^\d+$/.test(text) ? Number.NaN : Number(text || 'x');
  if (text === '0') return 0;
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  return amount === undefined ? Number.NaN : Number(amount) * (UNITS[unit as string] as number);
}

const shown = (bound: number, { kind }: Field) => (kind === 'duration' ? `${bound / 1_000}s` : `${bound}`);

/** What the annotations say: a policy, what is wrong with them, or null if the Deployment is not scaled by concurrency. @public */
export function policyOf(
  annotations: Readonly<Record<string, string>> | undefined,
): ConcurrencyPolicy | { readonly wrong: readonly string[] } | null {
  const policy: Record<string, number> = {};
  const wrong: string[] = [];
  for (const [name, text] of Object.entries(annotations ?? {})) {
    if (!name.startsWith(AUTOSCALING_PREFIX)) continue;
    const field = FIELDS[name.slice(AUTOSCALING_PREFIX.length)];
    if (field === undefined) {
      wrong.push(`${name}: expected one of ${Object.keys(FIELDS).join(', ')}`);
      continue;
    }
    const value = read(text, field);
    if (value >= field.from && value <= field.to) policy[field.key] = value;
    else
      wrong.push(
        `${name}: expected a ${field.kind} from ${shown(field.from, field)} to ${shown(field.to, field)}, got ${JSON.stringify(text)}`,
      );
  }
  if (wrong.length > 0) return { wrong };
  if (policy.target === undefined) return null;
  const whole = { ...DEFAULT_POLICY, ...policy } as ConcurrencyPolicy;
  if (whole.maxScale > 0 && whole.minScale > whole.maxScale)
    return {
      wrong: [
        `${AUTOSCALING_PREFIX}min-scale: expected at most max-scale, ${whole.maxScale}, got ${whole.minScale}`,
      ],
    };
  return whole;
}
