/**
 * What must be true: the words of the protocol as types, and its properties as pure predicates. See `protocol.md`.
 *
 * @packageDocumentation
 */
export * from './effects.ts';
export * from './eligibility.ts';
export * from './errors.ts';
export * from './events.ts';
export * from './facts.ts';
export * from './foldJournal.ts';
export * from './journal.ts';
export * from './messages.ts';
export * from './mutants.ts';
export * from './podTemplate.ts';
export * as properties from './properties/index.ts';
export * from './stage.ts';
export * from './timers.ts';
export * from './trace.ts';
export * from './vocabulary.ts';
