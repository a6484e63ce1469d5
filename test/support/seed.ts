/**
 * Property tests draw the same runs every time, so that a change is judged by what it changed. `FUZZ_SEED=random` draws new ones, a number
 * repeats those of a report.
 */
import fc from 'fast-check';

const asked = process.env.FUZZ_SEED ?? '20261123';
if (asked !== 'random') fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(asked) });
