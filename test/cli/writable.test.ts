/** Where a command would write: judged before it works an hour for it. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileToWrite, folderToWrite } from '../../impl/cli/arguments.ts';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubedirect-writable-'));
  fs.writeFileSync(path.join(folder, 'file'), '');
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

describe('where a command would write', () => {
  it.each(['file', 'new'])('takes the file %s', (name) => {
    expect(fileToWrite(path.join(folder, name))).toBe(path.join(folder, name));
  });
  it.each(['.', 'file/new', 'none/new'])('not the file %s', (name) => {
    expect(() => fileToWrite(path.join(folder, name))).toThrow(/FLAG_INVALID: expected a file/);
  });
  it.each(['.', 'new', 'new/deeper'])('takes the folder %s', (name) => {
    expect(folderToWrite(path.join(folder, name))).toBe(path.join(folder, name));
  });
  it.each(['file', 'file/new'])('not the folder %s', (name) => {
    expect(() => folderToWrite(path.join(folder, name))).toThrow(/FLAG_INVALID: expected a folder/);
  });
});
