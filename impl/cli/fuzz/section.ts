/** Tables in a page that commands write: each has its place, and the rest of the page stays as it is. */
import fs from 'node:fs';

/** Puts the text where the section of that name is, or at the end. */
export function writeSection(file: string, name: string, text: string): void {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
  const page = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  const section = `${begin}\n\n${text.trim()}\n\n${end}`;
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  const whole =
    from === -1 || to === -1
      ? `${page === '' ? '' : `${page.trimEnd()}\n\n`}${section}\n`
      : `${page.slice(0, from)}${section}${page.slice(to + end.length)}`;
  fs.writeFileSync(file, whole);
}
