/** When the image of a container is pulled, as a kubelet decides it. */

/** What is to be done for an image. @public */
export type ImageAct = 'pull' | 'use' | 'refuse';

/** Without a policy: always for `:latest`, and for an image without a tag. */
function policyOf(image: string, stated: string | undefined): string {
  const isLatest = !image.includes('@') && (/:latest$/.test(image) || !/:[^/]+$/.test(image));
  return stated ?? (isLatest ? 'Always' : 'IfNotPresent');
}

/** @param isThere - whether the runtime has the image @public */
export function imageAct(image: string, stated: string | undefined, isThere: boolean): ImageAct {
  const policy = policyOf(image, stated);
  if (policy === 'Always') return 'pull';
  if (isThere) return 'use';
  return policy === 'Never' ? 'refuse' : 'pull';
}
