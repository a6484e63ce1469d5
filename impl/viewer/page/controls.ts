/** How fields and buttons look. */
import { css } from 'lit';

/** For every element that has any. */
export const controls = css`
  button, select, input[type='search'] { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 4px; }
  button { cursor: pointer; }
`;
