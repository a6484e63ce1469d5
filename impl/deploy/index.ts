/**
 * Installing kubedirect into a cluster, handing managed Pods over and back, and removing it again (design `cluster.md`, protocol 9).
 *
 * @packageDocumentation
 */
export { denials, denialsBetween } from './denials.ts';
export {
  ACCOUNTS,
  type Account,
  ourUsers,
  STOCK_REPLICASET_CONTROLLER,
  serviceAccountUser,
} from './identities.ts';
export { type Installed, type InstallOptions, install } from './install.ts';
export { allManifests, type Manifest, type ManifestOptions, toYaml } from './manifests.ts';
export { findOffenders, type Offender } from './offenders.ts';
export { type OwnerSwitch, readOwner, writeOwner } from './owner.ts';
export { POLICIES } from './policies.ts';
export { type Released, type ReleaseOptions, release, takeBack } from './release.ts';
export { type Uninstalled, type UninstallOptions, uninstall } from './uninstall.ts';
