/** The link protocol (protocol 3): one machine for each end. */
export * from './downstreamSide.ts';
export * from './output.ts';
export * from './upstreamSide.ts';
