/** Cuts a stream of bytes into JSON lines. A line may be split anywhere, also inside a character. */

const NEWLINE = 0x0a;

/**
 * A function to be given each piece; it calls `onValues` once for each piece that completed at least one line.
 * A line that is not JSON throws: the stream can not be trusted after it.
 * @internal
 */
export function createLineReader<T>(onValues: (values: readonly T[]) => void): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  return (chunk) => {
    const values: T[] = [];
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, at));
      start = at + 1;
      const line = Buffer.concat(pending).toString('utf8');
      pending = [];
      if (line.trim() !== '') values.push(JSON.parse(line) as T);
    }
    if (start < chunk.length) pending.push(Buffer.from(chunk.subarray(start)));
    if (values.length > 0) onValues(values);
  };
}
