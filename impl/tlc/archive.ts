/**
 * The classes of TLC as Java keeps them (class data sharing), in one file in the cache: a run maps it instead of reading, checking and linking
 * fourteen hundred classes, which is a quarter of what a short run takes. Java itself leaves an archive alone that was made by another Java
 * or of another jar.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const NAME = 'Classes';
/** Goes where a run may go: instances, sets, functions, fairness, a property of each kind. */
const MODULE = `---- MODULE ${NAME} ----
EXTENDS Naturals, Sequences, FiniteSets, TLC
VARIABLES x, seen
vars == <<x, seen>>
Init == x = 0 /\\ seen = [one \\in {"a", "b"} |-> <<>>]
Up == \\E one \\in DOMAIN seen : x < 3 /\\ x' = x + 1 /\\ seen' = [seen EXCEPT ![one] = Append(@, [at |-> x, by |-> {one}])]
Down == x = 3 /\\ x' = 0 /\\ seen' = [one \\in DOMAIN seen |-> <<>>]
Next == Up \\/ Down
Spec == Init /\\ [][Next]_vars /\\ WF_vars(Next)
Small == \\A one \\in DOMAIN seen : Len(seen[one]) + Cardinality({x}) <= 4
Grows == [][x' # x]_vars
Comes == <>[](x = 4)
====
`;
const CONFIG = 'SPECIFICATION Spec\nINVARIANT Small\nPROPERTY Grows\nPROPERTY Comes\n';
/** The liveness property is broken, so that what prints a counterexample is in it too. */
const BROKEN = 13;

async function make(java: string, jar: string, folder: string): Promise<string | null> {
  const file = join(folder, 'classes.jsa');
  await writeFile(join(folder, `${NAME}.tla`), MODULE);
  await writeFile(join(folder, `${NAME}.cfg`), CONFIG);
  const flags = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-XX:ArchiveClassesAtExit=${file}`];
  const tlc = ['tlc2.TLC', '-tool', '-deadlock', '-workers', '1', '-dump', 'dot,actionlabels', 'graph.dot'];
  const code = await run(java, [...flags, `-Djava.io.tmpdir=${folder}`, '-cp', jar, ...tlc, `${NAME}.tla`], {
    cwd: folder,
  }).then(
    () => 0,
    (error: { code?: unknown }) => error.code,
  );
  return code === BROKEN && existsSync(file) ? file : null;
}

/**
 * The archive for this Java and this jar, made if it is not there; null where Java makes none, or the cache can not be written.
 *
 * @param version - what `java -version` says
 */
export async function classArchive(
  root: string,
  java: string,
  jar: string,
  version: string,
): Promise<string | null> {
  try {
    const { mtimeMs, size } = await stat(jar);
    const key = createHash('sha256').update([java, version, jar, mtimeMs, size].join('\n')).digest('hex');
    const kept = join(root, `classes-${key.slice(0, 16)}.jsa`);
    if (!existsSync(kept)) {
      await mkdir(root, { recursive: true });
      const folder = await mkdtemp(`${kept}.`);
      try {
        // An empty one says that there is none to be had.
        const made = (await make(java, jar, folder)) ?? join(folder, 'none');
        if (!existsSync(made)) await writeFile(made, '');
        await rename(made, kept);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
    return (await stat(kept)).size > 0 ? kept : null;
  } catch {
    return null;
  }
}
