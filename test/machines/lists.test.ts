/** Lists of one kind of object (protocol 3): what only a list that was asked for has shown, and a watch that lists anew beside it. */
import { describe, expect, it } from 'vitest';
import {
  answered,
  asking,
  type Lists,
  NO_LISTS,
  noteShown,
  takeAbsent,
} from '../../machines/ownership/lists.ts';

const TOKEN = 'strangers';
const heard = (lists: Lists, token?: string, ...mutants: string[]) =>
  answered(lists, token, new Set(mutants)) ?? lists;
const begun = heard(NO_LISTS);

/** The watch lists anew while a list is under way; then that one shows something from before. */
const overtaken = (...mutants: string[]) =>
  heard(noteShown(heard(asking(begun), undefined, ...mutants), 'd', true), TOKEN, ...mutants);

describe('a watch that lists anew while a list is under way (†)', () => {
  it('has what that list alone shows asked for once more', () => {
    const lists = overtaken();
    expect(lists).toMatchObject({ asked: 0, doubted: true, anew: false });
    expect(takeAbsent(heard(asking(lists), TOKEN))[0]).toEqual(['d']);
  });

  it('else nobody would', () => expect(overtaken('list-anew-unheard').doubted).toBe(false));

  it('asks for nothing where nothing was shown', () =>
    expect(heard(heard(asking(begun)), TOKEN)).toMatchObject({ doubted: false, anew: false }));

  it('is heard also if it is the first list of the watch', () => {
    const lists = heard(noteShown(heard(asking(NO_LISTS)), 'd', true), TOKEN);
    expect(lists).toMatchObject({ listed: true, doubted: true });
  });
});
