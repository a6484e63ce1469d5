/** The toolchain for tests that run TLC, or why there is none: they then skip aloud. */
import path from 'node:path';
import { resolveToolchain, type Toolchain } from '../../../impl/tlc/resolve.ts';

/** Null where it can not be had. */
export const TOOLCHAIN: Toolchain | null = await resolveToolchain().catch(() => null);

/** Modules made for tests. */
export const MODULES = path.join(import.meta.dirname, '../modules');
